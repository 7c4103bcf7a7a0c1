import { blobFolder, isBlobId } from "../../../cas/index.js";
import { isLodeError, type LodeError } from "../../../errors.js";
import type { CallOptions, ObjectStore } from "../../../storage/index.js";
import {
  type DataReference,
  HEADS,
  headKey,
  MANIFESTS,
  type RunFacts,
} from "../../manifest/index.js";
import {
  type LegacyReference,
  type LegacyRun,
  legacyPlace,
  readLegacyManifest,
} from "../layout/index.js";
import { holdsV1, refuseV1Alone } from "./v1-alone.js";

/** The name of a revision, which only runs of ours have. */
const REVISION = /\/\d{6}-[0-9a-f]{8}\.json$/;
/** The field of a reference that tells that its hash is mltrack's, and not that of its bytes. */
const IN_PLACE = "in_place";

/**
 * A run that mltrack wrote into the store itself, below `manifests/`; undefined if there is none. What it refers to in
 * other places is left out. Throws `corrupt-format`.
 */
export async function readInPlace(
  store: ObjectStore,
  runId: string,
  options: CallOptions = {},
): Promise<RunFacts | undefined> {
  return readAt(store, `${MANIFESTS}${runId}.json`, options);
}

/** The same where a run of ours is `missing` (the error that says so), which is thrown if there is none of mltrack's. */
export async function inPlaceOr(
  store: ObjectStore,
  runId: string,
  missing: unknown,
  options: CallOptions = {},
): Promise<RunFacts> {
  if (!isLodeError(missing, "not-found") || (await store.exists(headKey(runId), options))) {
    throw missing;
  }
  const facts = await readInPlace(store, runId, options);
  if (facts !== undefined) return facts;
  if (!(await holdsV1(store, options))) throw missing;
  throw missing.with({
    message: `${missing.message}; runs of mltrack's first layout, below experiments/, are not read where they are: lode run migrate carries them over`,
  });
}

export interface ListInPlaceOptions extends CallOptions {
  /** Told of each manifest that cannot be read, which is thrown otherwise. */
  readonly onUnreadable?: ((key: string, error: LodeError) => void) | undefined;
}

/**
 * The runs that mltrack wrote into the store itself, in the order of their keys. Throws `unsupported` for a store in
 * which all runs have its first layout.
 */
export async function* listInPlace(
  store: ObjectStore,
  { signal, onUnreadable }: ListInPlaceOptions = {},
): AsyncGenerator<RunFacts, void> {
  let none = true;
  for await (const key of keysWithoutHead(store, signal)) {
    none = false;
    try {
      const facts = await readAt(store, key, { signal });
      if (facts !== undefined) yield facts;
    } catch (error) {
      if (!isLodeError(error, "corrupt-format") || onUnreadable === undefined) throw error;
      onUnreadable(key, error);
    }
  }
  if (none) await refuseV1Alone(store, { signal });
}

/** Whether a reference is one of {@link readInPlace}. */
export function isInPlace(reference: Pick<DataReference, "more">): boolean {
  return reference.more?.[IN_PLACE] === true;
}

/**
 * A run of ours has a copy under the same name as its head, so that two listings side by side tell which manifests are
 * mltrack's own.
 */
async function* keysWithoutHead(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  const heads = store.list({ prefix: HEADS, signal });
  let head = await heads.next();
  try {
    for await (const { objects } of store.listPages({
      prefix: MANIFESTS,
      delimiter: "/",
      skipPrefixes: true,
      signal,
    })) {
      for (const { key } of objects) {
        const name = Buffer.from(key.slice(MANIFESTS.length));
        const order = () => Buffer.from(String(head.value?.key).slice(HEADS.length)).compare(name);
        while (head.done !== true && order() < 0) head = await heads.next();
        const ours = head.done !== true && order() === 0;
        if (!ours && key.endsWith(".json")) yield key;
      }
    }
  } finally {
    await heads.return?.();
  }
}

async function readAt(
  store: ObjectStore,
  key: string,
  options: CallOptions,
): Promise<RunFacts | undefined> {
  try {
    const bytes = await store.bytes(key, options);
    if (await hasRevisions(store, key, options)) return undefined;
    return factsOf(readLegacyManifest(bytes, store.uriOf(key)), homeOf(store));
  } catch (error) {
    // Ids of mltrack are keys as they are, which not every store can have.
    if (isLodeError(error, "not-found", "invalid-key")) return undefined;
    throw error;
  }
}

/** A run of ours whose head is lost has a copy in mltrack's form too. */
export async function hasRevisions(
  store: ObjectStore,
  key: string,
  { signal }: CallOptions,
): Promise<boolean> {
  const prefix = `${key.slice(0, -".json".length)}/`;
  for await (const { key: first } of store.list({ prefix, pageSize: 1, signal })) {
    return REVISION.test(first);
  }
  return false;
}

function homeOf({ uri }: ObjectStore): string | undefined {
  return uri.startsWith("s3://") ? uri : undefined;
}

function factsOf(run: LegacyRun, home: string | undefined): RunFacts {
  const { runId, runType, project, createdAt, metrics, tags, storageModes, model } = run;
  return {
    runId,
    runType,
    project,
    status: "finished",
    createdAt,
    startedAt: null,
    endedAt: null,
    parentRun: null,
    params: {},
    metrics,
    tags,
    inputs: referencesOf(run.inputs, run, home),
    outputs: referencesOf(run.outputs, run, home),
    model: model === null ? null : { mltrack: model },
    code: null,
    environment: null,
    error: null,
    storageModes,
    more: { mltrack: { layout: run.layout, manifest: run.text } },
  };
}

function referencesOf(
  references: readonly LegacyReference[],
  run: LegacyRun,
  home: string | undefined,
): Record<string, DataReference> {
  const here: [string, DataReference][] = [];
  for (const reference of references) {
    const place = legacyPlace(reference, home);
    const { name, hash, format, size, shape, columns, dtype, createdAt } = reference;
    if (place.kind !== "here" || !isBlobId(hash)) continue;
    if (!place.key.startsWith(blobFolder(hash))) continue;
    here.push([
      name,
      {
        name,
        hash,
        type: { parquet: "table", npy: "array", json: "dict" }[format] ?? "file",
        format,
        layout: "whole",
        key: place.key,
        size: size ?? 0,
        ...(shape === null ? {} : { shape }),
        ...(columns === null ? {} : { columns }),
        ...(dtype === null ? {} : { dtype }),
        createdAt: createdAt ?? run.createdAt,
        more: { [IN_PLACE]: true },
      },
    ]);
  }
  return Object.fromEntries(here);
}
