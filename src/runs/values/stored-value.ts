import type { Digest, PutProgress, StoredBlob } from "../../cas/index.js";
import type { ValueCodec, ValueFacts } from "./value-codec.js";

/** A value that is in the store: the blob of its bytes, and what it is. */
export interface StoredValue extends StoredBlob, Omit<ValueFacts, "digest"> {
  /** `bytes`, `text`, `json`, `array`, `table`, `file`, `tree`, or the type of a codec. */
  readonly type: string;
  /**
   * Of the value. The blob's object may have another ending (see `key`): the text "5" and the number 5 have the same
   * bytes, and the one that was stored first has named them.
   */
  readonly format: string;
  /** Of the value; `bytes-v1` of the blob where its kind has none. */
  readonly digest: Digest;
}

export interface StoreValueOptions {
  /** What the value is called; no part of what it is. */
  readonly name: string;
  /** `parquet` makes a table of records; for bytes, text and files it is the ending of the stored object. */
  readonly format?: string | undefined;
  /** Of this value; else the first of `codecs` that matches, else those that are built in. */
  readonly codec?: ValueCodec | undefined;
  readonly codecs?: readonly ValueCodec[] | undefined;
  /** The caller's own facts, kept beside the bytes. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** `whole`: one object however large; by default large values are cut into chunks that versions of them share. */
  readonly layout?: "auto" | "whole" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of this value, so far. */
  readonly onProgress?: ((progress: PutProgress) => void) | undefined;
}

/** What a reader must know of a stored value: a `StoredValue`, a reference of a run's manifest. */
export interface ValueRef {
  /** The blob. */
  readonly hash: string;
  readonly format: string;
  /** Unless given, the format decides. */
  readonly type?: string | undefined;
}

export interface LoadValueOptions {
  readonly codecs?: readonly ValueCodec[] | undefined;
  readonly signal?: AbortSignal | undefined;
}
