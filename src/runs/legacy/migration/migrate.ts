import type { BlobStore } from "../../../cas/index.js";
import { sideBySide, systemClock } from "../../../core/index.js";
import { isLodeError, throwIfAborted } from "../../../errors.js";
import type { ObjectMeta, ObjectStore } from "../../../storage/index.js";
import {
  type LegacyFolder,
  type LegacyLayout,
  type LegacyRun,
  listV1Runs,
  listV2Manifests,
  readLegacyManifest,
  readV1Manifest,
} from "../layout/index.js";
import type { Migration } from "./carry-object.js";
import { carryRun } from "./carry-run.js";
import { carryUnused } from "./carry-unused.js";
import { refuseNested } from "./refuse-nested.js";
import { type MigrationProgress, type MigrationReport, MigrationTally } from "./report.js";
import { withFiles } from "./v1-files.js";

export interface MigrationOptions {
  /** Write nothing: the report tells what would be done. */
  readonly dryRun?: boolean | undefined;
  /**
   * Look into each object: make its hash and its logical digest, and compare it with what runs tell of it. Default true;
   * otherwise bytes are copied unseen, and no finding tells of other data.
   */
  readonly verify?: boolean | undefined;
  /**
   * The place by which manifests call the source, `s3://bucket/prefix`. Default: the source's own URI if it is of S3; of
   * a copy elsewhere every bucket is taken to be the source.
   */
  readonly home?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
}

/** Where to: a `RunStore`. */
export interface MigrationTarget {
  readonly store: ObjectStore;
  readonly blobs: BlobStore;
}

const RUNS_AT_A_TIME = 8;
const LISTED_AT_A_TIME = 256;
/** A manifest is small; this is no manifest. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Carries over what mltrack wrote below `from`, the folder that holds its `data/`, `manifests/` and `experiments/`: each
 * object becomes a blob of the same bytes, mltrack's hash of it an alias, each run a run. The source is only read. Can be
 * stopped and called again: what was migrated is found, and nothing is done twice. What runs tell wrongly, what is
 * missing and what cannot be proved is in the report and in the runs' manifests.
 * Throws `invalid-argument` for a target that is the source or in its way, `unsupported` for a target without conditional puts.
 */
export async function migrateLegacy(
  from: ObjectStore,
  into: MigrationTarget,
  options: MigrationOptions = {},
): Promise<MigrationReport> {
  const { dryRun = false, verify = true, signal } = options;
  await refuseNested(from.uri, into.store.uri);
  const home = options.home ?? (from.uri.startsWith("s3://") ? from.uri : undefined);
  const tally = new MigrationTally(options.onProgress);
  const session = dryRun ? undefined : await into.blobs.session({ signal });
  try {
    const { store, blobs } = into;
    const context = { store, blobs, clock: systemClock };
    const migration: Migration = {
      from,
      into: context,
      session,
      verify,
      home,
      tally,
      used: new Set(),
      latest: new Map(),
      signal,
    };
    await inBatches(listV2Manifests(from, { signal }), signal, (meta) => carryV2(migration, meta));
    await inBatches(listV1Runs(from, { signal }), signal, (folder) => carryV1(migration, folder));
    await carryUnused(migration);
    return tally.report(dryRun);
  } finally {
    await session?.close();
  }
}

async function carryV2(migration: Migration, meta: ObjectMeta): Promise<void> {
  const run = await readRun(migration, "v2", meta, readLegacyManifest);
  if (run !== undefined) await carryRun(migration, run, meta.key, run.text);
}

async function carryV1(migration: Migration, folder: LegacyFolder): Promise<void> {
  const { manifest, files, runId } = folder;
  const names = files.map(({ key }) => key).join("\n");
  if (manifest !== undefined) {
    const told = await readRun(migration, "v1", manifest, readV1Manifest);
    if (told === undefined) return;
    const run = withFiles(told, folder);
    await carryRun(migration, run, manifest.key, `${told.text}\n${names}`);
    return;
  }
  const detail = `no manifest was written; its ${files.length} files are taken by their names`;
  const finding = { reason: "no-manifest", layout: "v1", run: runId, detail } as const;
  await carryRun(migration, withFiles(undefined, folder), folder.folder, names, [finding]);
}

/** Undefined for a manifest that cannot be read, which is told. */
async function readRun(
  { from, tally, signal }: Migration,
  layout: LegacyLayout,
  { key, size }: ObjectMeta,
  read: (bytes: Uint8Array, uri: string) => LegacyRun,
): Promise<LegacyRun | undefined> {
  const unreadable = (detail: string) => {
    tally.findings.push({ reason: "unreadable", layout, key, detail });
    tally.countRun("failed");
  };
  if (size > MAX_MANIFEST_BYTES) {
    unreadable(`it has ${size} bytes, more than a manifest`);
    return undefined;
  }
  try {
    return read(await from.bytes(key, { signal }), from.uriOf(key));
  } catch (error) {
    if (!isLodeError(error, "corrupt-format")) throw error;
    unreadable(error.message);
    return undefined;
  }
}

/** In memory of some hundred items, however many there are. */
async function inBatches<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let batch: T[] = [];
  const run = () => sideBySide(batch, RUNS_AT_A_TIME, signal, work);
  for await (const item of items) {
    throwIfAborted(signal, "migrate");
    batch.push(item);
    if (batch.length < LISTED_AT_A_TIME) continue;
    await run();
    batch = [];
  }
  await run();
}
