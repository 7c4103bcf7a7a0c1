import { LodeError } from "../../../errors.js";
import type { CallOptions, ObjectStore } from "../../../storage/index.js";
import { HEADS, MANIFESTS } from "../../manifest/index.js";

/** Whether there are runs of mltrack's first layout, `experiments/<experiment>/runs/<run>/`. */
export async function holdsV1(store: ObjectStore, { signal }: CallOptions): Promise<boolean> {
  return hasKey(store, "experiments/", signal, /^experiments\/[^/]+\/runs\/./);
}

/** Throws `unsupported` for a store that has runs of mltrack's first layout and no others. */
export async function refuseV1Alone(store: ObjectStore, { signal }: CallOptions): Promise<void> {
  for (const prefix of [HEADS, MANIFESTS]) {
    if (await hasKey(store, prefix, signal)) return;
  }
  if (!(await holdsV1(store, { signal }))) return;
  throw new LodeError({
    code: "unsupported",
    message: `${store.uri} has runs of mltrack's first layout, below experiments/, which are not read where they are; lode run migrate carries them into a store of runs`,
    uri: store.uri,
  });
}

async function hasKey(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal | undefined,
  form = /./,
): Promise<boolean> {
  for await (const { key } of store.list({ prefix, pageSize: 1, signal })) return form.test(key);
  return false;
}
