import { sideBySide } from "../../core/index.js";

const BATCH = 1_000;

/** Does the work for each item of a source, `concurrency` at a time, and holds a thousand of them. */
export async function inBatches<T>(
  source: AsyncIterable<T>,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    await sideBySide(batch, concurrency, signal, work);
    batch = [];
  }
  await sideBySide(batch, concurrency, signal, work);
}
