import type { BlobSource, Digest } from "../../cas/index.js";
import type { RangeReader } from "../../formats/index.js";

/** What is told of a value beside its bytes. */
export interface ValueFacts {
  /** Rows and columns of a table, the axes of an array. */
  readonly shape?: readonly number[] | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Of each column, or of an array. */
  readonly dtype?: string | Readonly<Record<string, string>> | undefined;
  /**
   * Equal values share it. Where the store knows it, the value is not encoded and counts as stored; without it values
   * are equal if their bytes are.
   */
  readonly digest?: Digest | undefined;
}

/** The stored bytes of a value; all of it is verified as it is read. */
export interface ValueBytes {
  /** All of them in memory. */
  bytes(): Promise<Uint8Array>;
  /** In order; a chunk is valid until the next one is asked for. */
  stream(): AsyncIterable<Uint8Array>;
  /** Parts of them; only what they touch is read. */
  ranges(): Promise<RangeReader>;
}

export interface CodecCall {
  readonly signal?: AbortSignal | undefined;
}

/**
 * How one kind of value becomes bytes and is made of them again. Give your own for what no other stands for; it comes
 * before those that are built in. Bytes that are stored under a codec are read by the codec of the same type.
 */
export interface ValueCodec<T = unknown> {
  /** What the value is, as `table` or `json`: 1 to 64 of `a-z0-9-`, first a letter. */
  readonly type: string;
  /** The ending of the stored object: 1 to 32 of `a-z0-9_-`. */
  readonly format: string;
  matches(value: unknown): value is T;
  describe?(value: T, call: CodecCall): Promise<ValueFacts>;
  encode(value: T, call: CodecCall): Promise<BlobSource>;
  decode(stored: ValueBytes, call: CodecCall): Promise<T>;
}
