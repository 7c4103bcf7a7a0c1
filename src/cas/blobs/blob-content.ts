import type { CallOptions } from "../../storage/index.js";

export interface ContentOptions extends CallOptions {
  /** Check what is read as far as a part of a blob can be checked. */
  readonly verify: boolean;
}

/** The bytes of one blob, however they are stored. */
export interface BlobContent {
  /** In bytes. */
  readonly size: number;
  /** The bytes from `start` up to and without `end`, in order. A piece is valid until the next one is asked for. */
  pieces(start: number, end: number, options: ContentOptions): AsyncIterable<Uint8Array>;
}
