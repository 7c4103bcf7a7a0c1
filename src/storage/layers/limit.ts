import { observeIterable, type Release, Semaphore } from "../../core/index.js";
import type { Layer } from "../backend.js";
import { type Call, call, intercept } from "./intercept.js";

export interface LimitOptions {
  /** Most calls at a time, from 1; a `get` counts until its body has ended. */
  readonly concurrency: number;
  /**
   * Most bytes of memory that running calls move. What is read into or written from one block of
   * memory counts whole, a stream at most {@link STREAM_BYTES}. A larger call runs alone.
   */
  readonly bytesInFlight?: number | undefined;
}

/** What a streamed body is taken to hold in buffers, in bytes. */
export const STREAM_BYTES = 1024 * 1024;

/**
 * Bounds the calls and bytes in flight; the others wait their turn. Who feeds a body of this
 * store into a put of the same one needs a concurrency of at least two.
 */
export function limit(options: LimitOptions): Layer {
  const slots = new Semaphore(options.concurrency);
  const bytes = new Semaphore(options.bytesInFlight ?? Number.POSITIVE_INFINITY);

  async function enter(one: Call): Promise<Release> {
    const releaseSlot = await slots.acquire(1, one.signal);
    try {
      const releaseBytes = await bytes.acquire(one.bytes, one.signal);
      return () => {
        releaseBytes();
        releaseSlot();
      };
    } catch (error) {
      releaseSlot();
      throw error;
    }
  }

  async function around<T>(one: Call, run: () => Promise<T>): Promise<T> {
    const release = await enter(one);
    try {
      return await run();
    } finally {
      release();
    }
  }

  return (inner) =>
    intercept(inner, around, {
      async get(key, getOptions) {
        const { range } = getOptions ?? {};
        const length =
          range?.suffix ??
          (range?.end === undefined ? STREAM_BYTES : range.end - (range.start ?? 0));
        const one = call("get", key, getOptions, Math.min(length, STREAM_BYTES));
        const release = await enter(one);
        try {
          const result = await inner.get(key, getOptions);
          return { ...result, body: observeIterable(result.body, { onEnd: release }) };
        } catch (error) {
          release();
          throw error;
        }
      },
      put(key, body, putOptions) {
        const length =
          body instanceof Uint8Array ? body.length : Math.min(body.length, STREAM_BYTES);
        return around(call("put", key, putOptions, length), () => inner.put(key, body, putOptions));
      },
    });
}
