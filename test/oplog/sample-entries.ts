import fc from "fast-check";
import { OP_WORDS, type OpLogEntry } from "../../src/oplog/index.js";

/** A row with all fields; what is given replaces them. */
export function entry(more: Partial<OpLogEntry> = {}): OpLogEntry {
  return {
    index: 0,
    thread: 3,
    op: "GET",
    clientId: "host1-r0",
    objects: 1,
    bytes: 20_971_520,
    endpoint: "http://10.0.0.5:9000",
    file: "data/object_0_of_4.dat",
    error: "",
    startSeconds: 1_753_644_605,
    startNanos: 1,
    firstByteNs: 3_999_999,
    lastByteNs: undefined,
    durationNs: 9_000_000,
    categories: undefined,
    offset: undefined,
    store: undefined,
    source: undefined,
    ...more,
  };
}

/** Text with everything that a line-based format may stumble over. */
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc
    .array(fc.constantFrom("\t", '"', "\n", " ", ",", "#", "a", "é", "😀", "\r"), { maxLength: 12 })
    .map((parts) => parts.join("")),
);

/** Rows as any program may have made them. */
export const entries = fc
  .array(
    fc.record({
      thread: fc.integer({ min: 0, max: 65_535 }),
      op: fc.constantFrom(...OP_WORDS),
      clientId: text,
      objects: fc.nat(),
      bytes: fc.maxSafeInteger().map(Math.abs),
      endpoint: fc.constantFrom("http://127.0.0.1:9000", "https://s3.amazonaws.com", ""),
      file: text,
      error: text,
      startSeconds: fc.integer({ min: 0, max: 4_000_000_000 }),
      startNanos: fc.integer({ min: 0, max: 999_999_999 }),
      firstByteNs: fc.option(fc.integer({ min: 0, max: 100_000_000_000 }), { nil: undefined }),
      durationNs: fc.integer({ min: 0, max: 10_000_000_000_000 }),
      offset: fc.option(fc.maxSafeInteger().map(Math.abs), { nil: undefined }),
      store: fc.option(fc.constantFrom("s3://a", "s3://b", "file:///x"), { nil: undefined }),
      source: fc.option(text, { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map((rows) => rows.map((row, index) => entry({ ...row, index })));

/** Bytes in chunks of `step`. */
export async function* chunksOf(bytes: Uint8Array, step = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
