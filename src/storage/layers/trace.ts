import { observeIterable, systemClock } from "../../core/index.js";
import { type LodeError, toLodeError } from "../../errors.js";
import type { GetResult, Layer } from "../backend.js";
import { type Call, call, intercept, type Operation } from "./intercept.js";
import { Lanes } from "./lanes.js";

/** One call as the caller saw it. Times are milliseconds since 1970 with fractions. */
export interface OperationRecord {
  readonly operation: Operation;
  /** The object; the source of a copy; the prefix of a listing; the first key of a delete. */
  readonly key: string;
  /** The key that a copy or rename writes. */
  readonly target?: string | undefined;
  /** The store's URI. */
  readonly uri: string;
  /** URL of the server, without credentials; the store's URI where there is none. */
  readonly endpoint: string;
  /** Where in the object a read of a range began, in bytes; absent for a whole object. */
  readonly offset?: number | undefined;
  /** The smallest number from 0 that no other traced call under way has. */
  readonly lane: number;
  readonly start: number;
  /** When the reply of a read began, or the first page of a listing came; absent if neither did. */
  readonly firstByte?: number | undefined;
  /** When the call, and a body or listing to its end, was over. */
  readonly end: number;
  /** Bytes of payload sent or received. */
  readonly bytes: number;
  /** Objects read, written, deleted or listed. */
  readonly objects: number;
  readonly error?: LodeError | undefined;
}

export interface TraceOptions {
  readonly now?: (() => number) | undefined;
  /** Asked as a call begins: nothing is told of calls that begin while it says no. Default: always. */
  readonly isOn?: (() => boolean) | undefined;
  /** Shared by traces whose calls are told apart by lane. */
  readonly lanes?: Lanes | undefined;
}

/**
 * Tells `onOperation` of every call when it is over; a body or listing that the consumer leaves early
 * counts as far as it was read.
 */
export function trace(
  onOperation: (record: OperationRecord) => void,
  options: TraceOptions = {},
): Layer {
  const { now = systemClock.now, isOn = () => true, lanes = new Lanes() } = options;
  return (inner) => {
    function begin(one: Call, target?: string) {
      const lane = lanes.take();
      const start = now();
      let firstByte: number | undefined;
      return {
        arrived(): void {
          firstByte ??= now();
        },
        end(
          done: { bytes?: number; objects?: number; offset?: number | undefined },
          error?: unknown,
        ): void {
          lanes.release(lane);
          onOperation({
            operation: one.operation,
            key: one.key,
            target,
            uri: inner.uri,
            endpoint: inner.endpoint ?? inner.uri,
            offset: done.offset,
            lane,
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

    async function around<T>(one: Call, run: () => Promise<T>, target?: string): Promise<T> {
      if (!isOn()) return run();
      const span = begin(one, target);
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
      if (!isOn()) return source;
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
      async get(key, options = {}) {
        if (!isOn()) return inner.get(key, options);
        const span = begin(call("get", key, options));
        let offset = options.range?.start;
        let bytes = 0;
        try {
          const result = await inner.get(key, { ...options, onFirstByte: span.arrived });
          if (options.range !== undefined) offset = partialOffset(result);
          const body = observeIterable(result.body, {
            onItem(chunk) {
              span.arrived();
              bytes += chunk.length;
              return chunk;
            },
            onEnd: (error) =>
              span.end({ bytes, objects: error === undefined ? 1 : 0, offset }, error),
          });
          return { ...result, body };
        } catch (error) {
          span.end({ objects: 0, offset }, error);
          throw error;
        }
      },
      async readInto(key, range, target, options = {}) {
        if (!isOn()) return inner.readInto!(key, range, target, options);
        const span = begin(call("read-into", key, options));
        try {
          const traced = { ...options, onFirstByte: span.arrived };
          const result = await inner.readInto!(key, range, target, traced);
          // A store that tells no earlier moment had nothing to hand out before.
          span.arrived();
          span.end({ bytes: result.bytesRead, offset: partialOffset(result) });
          return result;
        } catch (error) {
          span.end({ objects: 0, offset: range.start }, error);
          throw error;
        }
      },
      async deleteMany(keys, options) {
        if (!isOn()) return inner.deleteMany(keys, options);
        const span = begin(call("delete", keys[0] ?? "", options));
        try {
          const results = await inner.deleteMany(keys, options);
          const failed = results.filter(({ error }) => error !== undefined);
          span.end({ objects: results.length - failed.length }, failed[0]?.error);
          return results;
        } catch (error) {
          span.end({ objects: 0 }, error);
          throw error;
        }
      },
      copy: (from, to, options) =>
        around(call("copy", from, options), () => inner.copy(from, to, options), to),
      rename: (from, to, options) =>
        around(call("rename", from, options), () => inner.rename!(from, to, options), to),
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

/** Where a range began; undefined if it was the whole object. */
function partialOffset({ meta, range }: Pick<GetResult, "meta" | "range">): number | undefined {
  return range.start === 0 && range.end === meta.size ? undefined : range.start;
}
