import { isLodeError, LodeError } from "../../../errors.js";
import type { CallOptions, ObjectStore } from "../../../storage/index.js";
import { copyKey, type DataReference, headKey, MANIFESTS } from "../../manifest/index.js";
import { hasRevisions, isInPlace } from "./read-in-place.js";

/** For what needs blobs. Throws `unsupported` for data whose hash is mltrack's and not that of its bytes. */
export function refuseInPlaceData({
  hash,
  name = hash,
  more,
}: Pick<DataReference, "hash" | "more"> & { readonly name?: string | undefined }): void {
  if (!isInPlace({ more })) return;
  throw new LodeError({
    code: "unsupported",
    message: `${JSON.stringify(name)} was named by mltrack, by a hash that pandas gave its value and that is not the SHA-256 of its bytes: take its value (RunStore.load, lode run get), or carry it over by lode run migrate`,
    details: { hash },
  });
}

/** Throws `unsupported` if a run is one that mltrack wrote here: it is read where it is and never written. */
export async function refuseInPlaceRun(
  store: ObjectStore,
  runId: string,
  options: CallOptions,
): Promise<void> {
  const keys = [...new Set([copyKey(runId), `${MANIFESTS}${runId}.json`])];
  for (const key of keys) {
    if (!(await isThere(store, key, options))) continue;
    // Ours have a copy of this name too.
    if (await store.exists(headKey(runId), options)) return;
    if (await hasRevisions(store, key, options)) continue;
    throw new LodeError({
      code: "unsupported",
      message: `run ${JSON.stringify(runId)} was written by mltrack, and is only read here; lode run migrate carries it into a store of runs, where it can be changed`,
      uri: store.uriOf(key),
    });
  }
}

async function isThere(store: ObjectStore, key: string, options: CallOptions): Promise<boolean> {
  try {
    return await store.exists(key, options);
  } catch (error) {
    // Ids of mltrack are keys as they are, which not every store can have.
    if (isLodeError(error, "invalid-key")) return false;
    throw error;
  }
}
