import { toLodeError } from "../../errors.js";
import type { Batch, Collate } from "./batch.js";
import { type ErrorPolicy, itemError, type SkippedItem, tooManySkipped } from "./error-policy.js";
import { heldBytes } from "./held-bytes.js";
import type { ItemReader } from "./item-reader.js";
import type { LoadingItem } from "./loaded-item.js";

export interface BatchReaderOptions<U, C> {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly epoch: number;
  /** Of the first batch. */
  readonly step: number;
  /** Items of the epoch that were left out before. */
  readonly skipped: number;
  readonly policy: ErrorPolicy;
  readonly collate: Collate<U, C> | undefined;
  readonly onSkip: ((item: SkippedItem) => void) | undefined;
}

/** A batch and what it stands for. */
export interface ReadBatch<U, C> {
  readonly batch: Batch<U, C>;
  /** Places of its items in the epoch, and of those that were left out on the way to it. */
  readonly positions: readonly number[];
  readonly skipped: number;
  /** Bytes that were read for it. */
  readonly bytesRead: number;
}

/** Makes batches of items, one ahead of the consumer. */
export class BatchReader<T, U, C> {
  readonly #reader: ItemReader<T, U>;
  readonly #options: BatchReaderOptions<U, C>;
  #step: number;
  #skipped: number;
  #ahead: Promise<FormedBatch<T, U, C> | undefined> | undefined;

  constructor(reader: ItemReader<T, U>, options: BatchReaderOptions<U, C>) {
    this.#reader = reader;
    this.#options = options;
    this.#step = options.step;
    this.#skipped = options.skipped;
  }

  /** The next batch, which is handed out by that; undefined after the last. One call at a time. */
  async next(): Promise<ReadBatch<U, C> | undefined> {
    this.#reader.demanded = true;
    const formed = await (this.#ahead ?? this.#form());
    this.#reader.demanded = false;
    if (formed === undefined) return undefined;
    for (const item of formed.items) this.#reader.release(item);
    this.#reader.hold(-formed.extraBytes);
    this.#ahead = this.#form();
    // Its failure is told to the next call; there may be none.
    this.#ahead.catch(() => undefined);
    return formed.read;
  }

  async #form(): Promise<FormedBatch<T, U, C> | undefined> {
    const { batchSize, dropLast } = this.#options;
    const items: LoadingItem<T, U>[] = [];
    const values: U[] = [];
    const positions: number[] = [];
    const skippedBefore = this.#skipped;
    let bytesRead = 0;
    while (values.length < batchSize) {
      const item = await this.#reader.next();
      if (item?.outcome === undefined) break;
      positions.push(item.task.position);
      if ("error" in item.outcome) {
        this.#skip(item, item.outcome.error);
        continue;
      }
      items.push(item);
      values.push(item.outcome.value);
      bytesRead += item.outcome.bytesRead;
    }
    if (values.length === 0 || (dropLast && values.length < batchSize)) return undefined;
    const { fields, extraBytes } = await this.#collated(values, items);
    const batch: Batch<U, C> = {
      items: values,
      indices: items.map(({ task }) => task.index),
      uris: items.map(({ task }) => task.uri),
      epoch: this.#options.epoch,
      step: this.#step++,
      fields,
    };
    const skipped = this.#skipped - skippedBefore;
    return { items, extraBytes, read: { batch, positions, skipped, bytesRead } };
  }

  #skip(item: LoadingItem<T, U>, cause: unknown): void {
    const { epoch, policy, onSkip } = this.#options;
    this.#reader.release(item);
    const error = itemError(cause, item.task, epoch);
    if (this.#skipped >= policy.skip) throw tooManySkipped(error, this.#skipped);
    this.#skipped++;
    const { index, uri } = item.task;
    onSkip?.({ index, uri, epoch, error });
  }

  async #collated(
    values: readonly U[],
    items: readonly LoadingItem<T, U>[],
  ): Promise<{ fields: C; extraBytes: number }> {
    const { collate } = this.#options;
    // Without `collate` the type C is `undefined`: see LoaderOptions.
    if (collate === undefined) return { fields: undefined as C, extraBytes: 0 };
    try {
      const fields = await collate(values);
      const extraBytes = heldBytes(fields, 0);
      this.#reader.hold(extraBytes);
      return { fields, extraBytes };
    } catch (error) {
      const indices = items.map(({ task }) => task.index);
      const failure = toLodeError(error, "collate", items[0]?.task.uri);
      throw failure.with({
        message: `batch ${this.#step} of items ${indices[0]} (${failure.uri}) and others was not collated: ${failure.message}`,
        details: { indices, uris: items.map(({ task }) => task.uri) },
      });
    }
  }
}

interface FormedBatch<T, U, C> {
  readonly items: readonly LoadingItem<T, U>[];
  /** Bytes that collation added. */
  readonly extraBytes: number;
  readonly read: ReadBatch<U, C>;
}
