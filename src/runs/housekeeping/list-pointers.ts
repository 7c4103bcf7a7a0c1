import { sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { isPointerKey, parsePointer, type RunPointer, viewFolder } from "../views/index.js";

const AT_A_TIME = 16;

export interface PlacedPointer extends RunPointer {
  readonly key: string;
}

/** The pointers of a view, or of all views, in the order of their keys. Throws `invalid-argument`, `corrupt-format`. */
export async function* listPointers(
  store: ObjectStore,
  mode: string | undefined,
  { signal }: CallOptions = {},
): AsyncGenerator<PlacedPointer, void> {
  let keys: string[] = [];
  for await (const { key } of store.list({ prefix: viewFolder(mode), signal })) {
    if (!isPointerKey(key)) continue;
    keys.push(key);
    if (keys.length < AT_A_TIME) continue;
    yield* await readAll(store, keys, signal);
    keys = [];
  }
  yield* await readAll(store, keys, signal);
}

async function readAll(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<PlacedPointer[]> {
  const read = await sideBySide(keys, AT_A_TIME, signal, async (key, inner) => {
    try {
      const text = await store.text(key, { signal: inner });
      return [{ ...parsePointer(text, store.uriOf(key)), key }];
    } catch (error) {
      // Taken away since it was listed.
      if (isLodeError(error, "not-found")) return [];
      throw error;
    }
  });
  return read.flat();
}
