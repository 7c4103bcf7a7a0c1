import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { ReadItemOptions, StreamDataset, StreamItem, StreamStart } from "../dataset.js";

/** Reads one shard, checks that no item is left out, and names the shard in errors. */
export class ShardCursor<T> {
  readonly #uri: string;
  readonly #iterator: AsyncIterator<StreamItem<T>>;
  #ordinal: number;
  #waiting = false;
  #ended = false;

  constructor(
    dataset: StreamDataset<T>,
    shard: number,
    start: StreamStart | undefined,
    options: ReadItemOptions,
  ) {
    this.#uri = dataset.shards[shard]!;
    this.#ordinal = start?.ordinal ?? 0;
    try {
      this.#iterator = dataset.open(shard, start, options)[Symbol.asyncIterator]();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The next item; undefined at the shard's end. Throws what the data set does, and `integrity` for items out of order. */
  async next(): Promise<StreamItem<T> | undefined> {
    this.#waiting = true;
    let step: IteratorResult<StreamItem<T>>;
    try {
      step = await this.#iterator.next();
    } catch (error) {
      this.#ended = true;
      throw this.#failure(error);
    } finally {
      this.#waiting = false;
    }
    if (step.done === true) {
      this.#ended = true;
      return undefined;
    }
    if (step.value.ordinal !== this.#ordinal) {
      throw new LodeError({
        code: "integrity",
        message: `shard ${this.#uri} gave item ${step.value.ordinal} where item ${this.#ordinal} was due`,
        uri: this.#uri,
      });
    }
    this.#ordinal++;
    return step.value;
  }

  /** Ends the reading; does not wait for a source that is stalled. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const ended = this.#iterator.return?.();
    if (this.#waiting) Promise.resolve(ended).catch(() => undefined);
    else await ended;
  }

  #failure(error: unknown): LodeError {
    const cause = toLodeError(error, "get", this.#uri);
    if (isLodeError(cause, "aborted")) return cause;
    return new LodeError({
      code: cause.code,
      message: `shard ${this.#uri} cannot be read on from item ${this.#ordinal}: ${cause.message}`,
      retry: cause.retry,
      operation: cause.operation,
      uri: this.#uri,
      details: { ...cause.details, ordinal: this.#ordinal },
      cause: error,
    });
  }
}
