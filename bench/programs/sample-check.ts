import { openSync, readSync } from "node:fs";

const SAMPLE = 256;

/** Checks a range's length and some bytes at its start, middle and end against the original. */
export function sampleCheck(
  original: string,
): (bytes: Uint8Array, start: number, end: number) => void {
  const file = openSync(original, "r");
  const expected = Buffer.alloc(SAMPLE);
  return (bytes, start, end) => {
    if (bytes.length !== end - start) throw new Error(`${bytes.length} is not ${end - start}`);
    for (const offset of [0, bytes.length >> 1, bytes.length - SAMPLE]) {
      readSync(file, expected, 0, SAMPLE, start + offset);
      if (expected.compare(bytes, offset, offset + SAMPLE) !== 0) {
        throw new Error(`the bytes at ${start + offset} are others`);
      }
    }
  };
}
