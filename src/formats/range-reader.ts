/** What a format is read from at random: an object, a file, or bytes in memory. */
export interface RangeReader {
  /** In bytes. */
  readonly size: number;
  /** Exactly the bytes from `start` up to and without `end`; throws what the source throws. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Bytes in memory as a source. */
export function bytesReader(bytes: Uint8Array): RangeReader {
  return { size: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}
