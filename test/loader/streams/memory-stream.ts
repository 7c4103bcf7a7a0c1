import type { StreamDataset, StreamItem, StreamStart } from "../../../src/loader/dataset.js";

export interface MemoryStreamOptions {
  /** Bytes that each item says to have. */
  readonly itemBytes?: number;
  /** Whether an item waits for the next turn of the event loop, so that lanes overtake each other. */
  readonly waits?: (shard: number, ordinal: number) => boolean;
  /** Called before each item is given. */
  readonly onItem?: (shard: number, ordinal: number) => void | Promise<void>;
}

export interface Opening {
  readonly shard: number;
  readonly start: StreamStart | undefined;
  read: number;
  ended: boolean;
  signal: AbortSignal | undefined;
}

/** Shards of these lengths; the value of an item is `shard:ordinal`. */
export class MemoryStream implements StreamDataset<string> {
  readonly kind = "stream";
  readonly shards: readonly string[];
  readonly openings: Opening[] = [];
  readonly #lengths: readonly number[];
  readonly #options: MemoryStreamOptions;

  constructor(lengths: readonly number[], options: MemoryStreamOptions = {}) {
    this.#lengths = lengths;
    this.#options = options;
    this.shards = lengths.map((_, shard) => `mem://data/shard-${shard}.tar`);
  }

  get all(): string[] {
    return this.#lengths.flatMap((length, shard) =>
      Array.from({ length }, (_, ordinal) => `${shard}:${ordinal}`),
    );
  }

  async *open(
    shard: number,
    start?: StreamStart,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<StreamItem<string>> {
    const { itemBytes = 10, waits, onItem } = this.#options;
    if (start !== undefined && start.offset !== start.ordinal * 512) throw new Error("bad start");
    const opening: Opening = { shard, start, read: 0, ended: false, signal: options.signal };
    this.openings.push(opening);
    try {
      for (let ordinal = start?.ordinal ?? 0; ordinal < this.#lengths[shard]!; ordinal++) {
        if (waits?.(shard, ordinal)) await new Promise((resolve) => setImmediate(resolve));
        await onItem?.(shard, ordinal);
        opening.read++;
        const uri = `${this.shards[shard]}#${ordinal}`;
        const value = `${shard}:${ordinal}`;
        yield { ordinal, offset: ordinal * 512, uri, byteLength: itemBytes, value };
      }
    } finally {
      opening.ended = true;
    }
  }
}
