import { objectKey } from "../core/index.js";
import type { Backend, CallOptions, DeleteResult } from "./backend.js";

/** Keys of one call where each key costs a request anyway: enough to keep requests in flight. */
const UNBATCHED = 64;

/** Deletes keys as they come, some batches in flight at a time, results in the order of the keys. */
export async function* deleteInBatches(
  backend: Backend,
  keys: Iterable<string> | AsyncIterable<string>,
  options: CallOptions & { readonly concurrency?: number | undefined },
): AsyncGenerator<DeleteResult, void, undefined> {
  const size = backend.capabilities.deleteBatch > 1 ? backend.capabilities.deleteBatch : UNBATCHED;
  const concurrency = options.concurrency ?? 4;
  const inFlight: Promise<DeleteResult[]>[] = [];
  try {
    for await (const batch of batches(keys, size)) {
      const call = backend.deleteMany(batch, options);
      // A later batch may fail while an earlier one is awaited; its error is thrown in its turn.
      call.catch(() => undefined);
      inFlight.push(call);
      if (inFlight.length >= concurrency) yield* (await inFlight.shift()) ?? [];
    }
    while (inFlight.length > 0) yield* (await inFlight.shift()) ?? [];
  } finally {
    await Promise.allSettled(inFlight);
  }
}

async function* batches(
  keys: Iterable<string> | AsyncIterable<string>,
  size: number,
): AsyncGenerator<string[], void, undefined> {
  let batch: string[] = [];
  for await (const key of keys) {
    batch.push(objectKey(key));
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
