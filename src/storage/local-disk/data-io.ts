import type { PutBody } from "../backend.js";

/** Bytes of a file in order. `next` tells undefined at the end; a chunk is valid until the next. */
export interface ChunkReader {
  next(): Promise<Uint8Array | undefined>;
  /** Returns when no read is under way any more. */
  close(): Promise<void>;
}

/** What is known of a body that was written. */
export interface WrittenBody {
  /** In bytes. */
  readonly size: number;
  readonly crc32c: number;
}

/** One open file whose bytes go the store's own way: through the page cache, or past it. */
export interface DataFile {
  readonly fd: number;
  /** Reads until the target is full or the file ends; returns how many bytes. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** The bytes from `start` to `end` (exclusive); fewer if the file is shorter. */
  chunks(start: number, end: number): ChunkReader;
  /** Writes all bytes at the position. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /**
   * Writes the whole body from the file's start. Throws `integrity` if it is not as long as it says,
   * `aborted`.
   */
  writeBody(body: PutBody, signal: AbortSignal | undefined): Promise<WrittenBody>;
  /** Makes the file exactly that long; to be called when all is written. */
  setSize(size: number): Promise<void>;
  close(): Promise<void>;
}

/** How a store opens the files that hold objects. */
export interface DataIo {
  open(path: string, flags: number, mode?: number): Promise<DataFile>;
  /**
   * True if objects of up to this many bytes may be written by plain synchronous calls, which are
   * several times faster than the asynchronous ones.
   */
  readonly smallBytes: number;
  close(): void;
}
