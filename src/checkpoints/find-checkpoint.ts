import { isLodeError, LodeError } from "../errors.js";
import type { ObjectStore } from "../storage/index.js";
import {
  type CheckpointName,
  compareCheckpoints,
  listManifests,
  MANIFESTS,
  type NamedManifest,
  nameText,
  newestManifest,
  parseName,
  readLatest,
  readManifest,
  readManifests,
} from "./manifest/index.js";

/**
 * What `latest.json` points to; if it or its manifest is missing, the newest complete checkpoint.
 * Any other failure is thrown: a store that cannot be read is not an empty one.
 */
export async function findLatest(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<NamedManifest | undefined> {
  const latest = await readLatest(store, { signal });
  if (latest !== undefined) {
    try {
      return { name: latest.name, manifest: await readManifest(store, latest.name, { signal }) };
    } catch (error) {
      if (!isLodeError(error, "not-found")) throw error;
    }
  }
  return newestManifest(store, { signal });
}

/**
 * A checkpoint by its name, or the newest complete one of a step. Throws `not-found`, and
 * `invalid-argument` for a text that is no name.
 */
export async function findCheckpoint(
  store: ObjectStore,
  which: number | string | CheckpointName,
  signal: AbortSignal | undefined,
): Promise<NamedManifest> {
  if (typeof which !== "number") {
    const name = typeof which === "string" ? nameOf(which) : which;
    return { name, manifest: await readManifest(store, name, { signal }) };
  }
  const names: CheckpointName[] = [];
  for await (const { name } of listManifests(store, { signal })) {
    if (name.step === which) names.push(name);
  }
  const complete = (await readManifests(store, names, { signal })).filter(
    ({ manifest }) => manifest.status === "complete",
  );
  const newest = complete.sort(compareCheckpoints).at(-1);
  if (newest !== undefined) return newest;
  throw new LodeError({
    code: "not-found",
    message: `${store.uri} has no complete checkpoint of step ${which}`,
    operation: "load",
    uri: store.uriOf(MANIFESTS),
  });
}

/** Throws `invalid-argument`. */
export function nameOf(text: string): CheckpointName {
  const name = parseName(text);
  if (name !== undefined) return name;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(text.slice(0, 80))} is no name of a checkpoint: they look like ${nameText({ step: 100, id: "20250826-120000" })}`,
  });
}
