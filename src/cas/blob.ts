import type { BlobId, Digest } from "./keys.js";

/** How the bytes of a blob lie in the store: in one object of their own, or as a recipe tells: in chunks, or in it. */
export type BlobLayout = "whole" | "chunked";

export interface BlobFacts {
  readonly id: BlobId;
  /** In bytes. */
  readonly size: number;
  /** The ending of its name: `parquet`, `npy`, `json`, `bin`… */
  readonly format: string;
  readonly layout: BlobLayout;
  /** The key of `data.<format>` or `recipe.json`. */
  readonly key: string;
}

/** What is told of a blob beside its bytes: the body of `metadata.json`. */
export interface BlobMetadata {
  /** The name under which it was stored first. */
  readonly name: string;
  readonly hash: BlobId;
  /** What the value was: `table`, `array`, `json`, `text`, `bytes`, `file`, `tree`, or a class of Python's. */
  readonly type: string;
  /** ISO 8601 in UTC. */
  readonly created_at: string;
  readonly shape?: readonly number[] | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Of each column, or of an array. */
  readonly dtype?: string | Readonly<Record<string, string>> | undefined;
  readonly size: number;
  readonly format: string;
  readonly layout: BlobLayout;
  readonly digest?: Digest | undefined;
  /** The caller's own. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What a caller says of a blob that it stores. */
export interface BlobDescription {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly shape?: readonly number[] | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly dtype?: string | Readonly<Record<string, string>> | undefined;
  readonly digest?: Digest | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Blobs that this one needs and that live as long as it does. Those of equal bytes add up. */
  readonly links?: readonly BlobId[] | undefined;
}

/** Bytes to be stored; `parts` are bytes in sequence of which each begins a chunk. */
export type BlobSource =
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | { readonly parts: AsyncIterable<Uint8Array | AsyncIterable<Uint8Array>> };

/** A blob that is in the store, and what storing it took. */
export interface StoredBlob extends BlobFacts {
  /** It was there before; nothing was written. */
  readonly existed: boolean;
  /** Bytes written to the store for it, compressed as they are. */
  readonly storedBytes: number;
  /** Bytes of it that were not in the store before, and their chunks; of a whole blob all of it counts as one. */
  readonly newBytes: number;
  readonly newChunks: number;
  readonly reusedBytes: number;
  readonly reusedChunks: number;
}

/** An object that keeps a blob alive. */
export interface Ref {
  readonly blob: BlobId;
  /** `runs`, `names`. */
  readonly kind: string;
  /** The run, the name. */
  readonly owner: string;
}
