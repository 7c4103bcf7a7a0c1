import type { WriteSession } from "../../../cas/index.js";
import { isLodeError } from "../../../errors.js";
import type { ObjectMeta, ObjectStore } from "../../../storage/index.js";
import type { RunContext } from "../../context.js";
import {
  type Examined,
  examine,
  type LegacyMetadata,
  PinnedContent,
  readLegacyMetadata,
} from "../data/index.js";
import type { LegacyLayout } from "../layout/index.js";
import { findAlias, putAlias } from "./alias.js";
import type { Carried, Verdict } from "./carried.js";
import type { MigrationTally } from "./report.js";

/** What a migration works with. */
export interface Migration {
  readonly from: ObjectStore;
  readonly into: RunContext;
  /** Undefined in a dry run. */
  readonly session: WriteSession | undefined;
  /** Look into each object, and make its hash again. */
  readonly verify: boolean;
  /** `s3://bucket/prefix` by which the manifests call the source; undefined if that is not known. */
  readonly home: string | undefined;
  readonly tally: MigrationTally;
  /** Keys of objects that runs refer to; some 150 bytes each. */
  readonly used: Set<string>;
  /** The latest objects by key, being carried or done, so that runs that share them wait for one. */
  readonly latest: Map<string, Promise<Carried | undefined>>;
  readonly signal: AbortSignal | undefined;
}

/** An object of the source to be carried over. */
export interface ToCarry {
  readonly layout: LegacyLayout;
  readonly key: string;
  /** mltrack's: 64 hex digits in v2, 8 in v1, empty if it had none. */
  readonly hash: string;
  /** The ending of its name. */
  readonly format: string;
  /** For an object without `metadata.json`. */
  readonly name: string;
}

const NOT_EXAMINED: Readonly<Record<string, string>> = {
  parquet: "table",
  npy: "array",
  json: "json",
};

/** As many results are kept. */
const LATEST = 1000;

/**
 * Makes an object a blob of the same bytes and remembers under which hash mltrack had it. One that was carried before
 * and is unchanged is taken from its alias. Undefined if it is not there.
 */
export function carryObject(migration: Migration, given: ToCarry): Promise<Carried | undefined> {
  const { latest } = migration;
  const known = latest.get(given.key);
  if (known !== undefined) return known;
  const carried = carry(migration, given);
  latest.set(given.key, carried);
  const [oldest] = latest.keys();
  if (latest.size > LATEST && oldest !== undefined) latest.delete(oldest);
  return carried;
}

async function carry(migration: Migration, given: ToCarry): Promise<Carried | undefined> {
  const { from, into, session, tally, signal } = migration;
  const meta = await headOf(from, given.key, signal);
  if (meta === undefined) return undefined;
  const { layout, key, hash } = given;
  const source = { layout, id: layout === "v2" ? hash : key, meta };
  const before = await findAlias(into.store, source, { signal });
  if (before !== undefined && (await into.blobs.find(before.blob, { signal })) !== undefined) {
    await session?.hold(before.blob, { signal });
    tally.countExisting();
    return before;
  }
  const content = new PinnedContent(from, meta, { signal });
  const metadata = layout === "v2" ? await readLegacyMetadata(from, key, { signal }) : undefined;
  const examined = await examineIfAsked(migration, content, given);
  const carried = describe(given, meta, metadata, examined);
  if (session === undefined) {
    tally.countObject(meta.size, 0);
    return carried;
  }
  const { name, format, digest } = carried;
  const { type, shape, columns, dtype } = examined;
  const { id, newBytes } = await session.put(
    content.stream(),
    { name, type, format, shape, columns, dtype, digest },
    { signal },
  );
  const done = { ...carried, blob: id };
  await putAlias(into.store, source, done, { signal });
  tally.countObject(meta.size, newBytes);
  return done;
}

async function headOf(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectMeta | undefined> {
  try {
    return await store.head(key, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

async function examineIfAsked(
  { verify, signal }: Migration,
  content: PinnedContent,
  { format, layout }: ToCarry,
): Promise<Examined> {
  if (!verify) return { type: NOT_EXAMINED[format] ?? "file", hashes: [] };
  return examine(content, format, layout === "v2" ? "sha256" : "md5", signal);
}

function describe(
  given: ToCarry,
  meta: ObjectMeta,
  metadata: LegacyMetadata | undefined,
  examined: Examined,
): Carried {
  return {
    blob: undefined,
    size: meta.size,
    format: /^[A-Za-z0-9]{1,16}$/.test(given.format) ? given.format : "bin",
    name: metadata?.name ?? given.name,
    examined,
    verdict: verdictOn(given.hash, examined),
    digest: examined.digest,
    metadata,
  };
}

function verdictOn(hash: string, { hashes, unverifiable, damage }: Examined): Verdict {
  if (hashes.some((made) => hash !== "" && made.startsWith(hash))) return "same";
  if (damage !== undefined || unverifiable !== undefined || hash === "") return "unknown";
  return hashes.length === 0 ? "unchecked" : "differs";
}
