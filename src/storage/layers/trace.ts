import { observeIterable, systemClock } from "../../core/index.js";
import { type LodeError, toLodeError } from "../../errors.js";
import type { Layer } from "../backend.js";
import { type Call, call, intercept, type Operation } from "./intercept.js";

/** One call as the caller saw it. Times are milliseconds since 1970 with fractions. */
export interface OperationRecord {
  readonly operation: Operation;
  /** The object; the source of a copy; the prefix of a listing; the first key of a delete. */
  readonly key: string;
  /** The store's URI. */
  readonly uri: string;
  readonly start: number;
  /** When the first bytes of a body, or the first page of a listing, came; absent if none did. */
  readonly firstByte?: number | undefined;
  /** When the call, and a body or listing to its end, was over. */
  readonly end: number;
  /** Bytes of payload sent or received. */
  readonly bytes: number;
  /** Objects read, written, deleted or listed. */
  readonly objects: number;
  readonly error?: LodeError | undefined;
}

/**
 * Tells `onOperation` of every call when it is over; a body or listing that the consumer leaves early
 * counts as far as it was read.
 */
export function trace(
  onOperation: (record: OperationRecord) => void,
  now: () => number = systemClock.now,
): Layer {
  return (inner) => {
    function begin(one: Call) {
      const start = now();
      let firstByte: number | undefined;
      return {
        arrived(): void {
          firstByte ??= now();
        },
        end(done: { bytes?: number; objects?: number }, error?: unknown): void {
          onOperation({
            operation: one.operation,
            key: one.key,
            uri: inner.uri,
            start,
            firstByte,
            end: now(),
            bytes: done.bytes ?? one.bytes,
            objects: done.objects ?? one.objects,
            error: error === undefined ? undefined : toLodeError(error, one.operation),
          });
        },
      };
    }

    async function around<T>(one: Call, run: () => Promise<T>): Promise<T> {
      const span = begin(one);
      try {
        const result = await run();
        span.end({});
        return result;
      } catch (error) {
        span.end({ bytes: 0, objects: 0 }, error);
        throw error;
      }
    }

    function listing<T>(
      one: Call,
      source: AsyncIterable<T>,
      count: (item: T) => number,
    ): AsyncIterable<T> {
      return {
        [Symbol.asyncIterator]() {
          const span = begin(one);
          let objects = 0;
          const observed = observeIterable(source, {
            onItem(item) {
              span.arrived();
              objects += count(item);
              return item;
            },
            onEnd: (error) => span.end({ objects }, error),
          });
          return observed[Symbol.asyncIterator]();
        },
      };
    }

    return intercept(inner, around, {
      async get(key, options) {
        const span = begin(call("get", key, options));
        let bytes = 0;
        try {
          const result = await inner.get(key, options);
          const body = observeIterable(result.body, {
            onItem(chunk) {
              span.arrived();
              bytes += chunk.length;
              return chunk;
            },
            onEnd: (error) => span.end({ bytes, objects: error === undefined ? 1 : 0 }, error),
          });
          return { ...result, body };
        } catch (error) {
          span.end({ objects: 0 }, error);
          throw error;
        }
      },
      async readInto(key, range, target, options) {
        const span = begin(call("read-into", key, options));
        try {
          const result = await inner.readInto!(key, range, target, options);
          span.end({ bytes: result.bytesRead });
          return result;
        } catch (error) {
          span.end({ objects: 0 }, error);
          throw error;
        }
      },
      list: (options) =>
        listing(
          call("list", options?.prefix ?? "", options),
          inner.list(options),
          (page) => page.objects.length + page.prefixes.length,
        ),
      listMultiparts: (options) =>
        listing(
          call("list-multiparts", options?.prefix ?? "", options),
          inner.listMultiparts!(options),
          () => 1,
        ),
      listContainers: (options) =>
        listing(call("list-containers", "", options), inner.listContainers!(options), () => 1),
    });
  };
}
