import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { allocate } from "./own-bytes.js";
import type { ReadCall } from "./read-object.js";

/**
 * Bytes of one request where a request costs little and memory is used again: what a processor's cache holds is
 * cheapest to go through.
 */
const NEAR_PART_SIZE = 1024 ** 2;
/** Bytes of one request where it takes long, or fills new memory. */
const FAR_PART_SIZE = 4 * 1024 ** 2;
/** A store is near if the first part of {@link NEAR_PART_SIZE} comes within this time. */
const NEAR_MS = 5;
/** Requests for one shard at a time; with the chunk that is read from, what one shard holds in memory. */
const PARTS_AHEAD = 4;

/**
 * The bytes of an object from `start` on, by ranges that are asked for ahead, all of the version of the first one. A
 * chunk is valid until the next one is asked for: its memory is used again, but with `shareMemory`.
 */
export async function* shardParts(
  store: ObjectStore,
  key: string,
  start: number,
  { partSize: given, maxInflightParts = PARTS_AHEAD, shareMemory = false, signal }: ReadCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const idle: Uint8Array[] = [];
  const ahead: Promise<Uint8Array>[] = [];
  let size = Number.POSITIVE_INFINITY;
  let etag: string | undefined;
  let next = start;
  let partSize = given ?? (shareMemory ? FAR_PART_SIZE : NEAR_PART_SIZE);
  async function read(from: number, to: number): Promise<Uint8Array> {
    const memory = idle.pop() ?? allocate(Math.min(partSize, size));
    const { meta, bytesRead } = await store.readInto(key, { start: from, end: to }, memory, {
      ifMatch: etag,
      signal: either,
    });
    size = meta.size;
    etag = meta.etag;
    const expected = Math.min(to, size) - from;
    if (bytesRead !== expected) throw incomplete(store.uriOf(key), from, expected, bytesRead);
    return memory.subarray(0, bytesRead);
  }
  function readAhead(count: number): void {
    while (ahead.length < count && next < size) {
      // Whole parts from the object's beginning on, wherever reading begins.
      const end = Math.min((Math.floor(next / partSize) + 1) * partSize, size);
      const part = read(next, end);
      part.catch(() => {}); // told when its turn comes
      ahead.push(part);
      next = end;
    }
  }
  try {
    // Size and version are not known before the first reply.
    const startedAt = performance.now();
    readAhead(1);
    await ahead[0];
    if (given === undefined && performance.now() - startedAt > NEAR_MS) partSize = FAR_PART_SIZE;
    for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
      const chunk = await part;
      readAhead(maxInflightParts);
      if (chunk.length > 0) yield chunk;
      if (!shareMemory && chunk.buffer.byteLength >= Math.min(partSize, size)) {
        idle.push(new Uint8Array(chunk.buffer));
      }
    }
  } finally {
    stop.abort();
    await Promise.allSettled(ahead);
  }
}

function incomplete(uri: string, from: number, expected: number, actual: number): LodeError {
  return new LodeError({
    code: "incomplete-read",
    retry: "safe",
    message: `reading ${uri} from byte ${from} gave ${actual} bytes where ${expected} are there`,
    uri,
  });
}
