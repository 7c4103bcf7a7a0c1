import type { ResolvedRange, RetrySession } from "../../core/index.js";
import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { Backend, GetResult, ReadIntoOptions, ReadIntoResult } from "../backend.js";
import { type Call, call } from "./intercept.js";
import { isSafe, type Retrier } from "./retrier.js";

/**
 * The body of a `get` that survives breaks: only what is missing is asked for again, of the same
 * version. Ends with `precondition-failed` if that version is gone.
 */
export function resumedBody(
  inner: Backend,
  one: Call,
  first: GetResult,
  retrier: Retrier,
): AsyncIterable<Uint8Array> {
  const { meta, range } = first;

  return {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
      let source: AsyncIterator<Uint8Array> | undefined = first.body[Symbol.asyncIterator]();
      let position = range.start;
      let finished = false;
      // One count of tries for each break: bytes that arrive begin it anew.
      let session: RetrySession | undefined;

      async function reopen(): Promise<AsyncIterator<Uint8Array>> {
        const missing = { start: position, end: range.end };
        const options = { range: missing, ifMatch: meta.etag, signal: one.signal };
        const again = await retrier.once(one, () => inner.get(one.key, options));
        if (again.range.start !== missing.start || again.range.end !== missing.end) {
          await again.body[Symbol.asyncIterator]().return?.();
          throw misplaced(one.key, missing, again.range);
        }
        return again.body[Symbol.asyncIterator]();
      }

      async function pause(caught: unknown): Promise<void> {
        const error = asReplaced(toLodeError(caught, one.operation), one.key);
        if (!isSafe(error)) throw error;
        session ??= retrier.session();
        await retrier.pause(one, session, error);
      }

      async function next(): Promise<IteratorResult<Uint8Array>> {
        for (;;) {
          try {
            source ??= await reopen();
            const step = await source.next();
            if (step.done !== true) {
              position += step.value.length;
              if (position > range.end) throw tooLong(one.key, range);
              session = undefined;
              return step;
            }
            if (position >= range.end) return step;
            throw tooShort(one.key, range, position);
          } catch (error) {
            source = undefined;
            // The break came behind the last byte: nothing is missing.
            if (position === range.end && isSafe(toLodeError(error))) {
              return { done: true, value: undefined };
            }
            await pause(error);
          }
        }
      }

      return {
        async next() {
          if (finished) return { done: true, value: undefined };
          finished = true;
          const step = await next();
          finished = step.done === true;
          return step;
        },
        async return() {
          finished = true;
          await source?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/**
 * `readInto` with retries. An error that tells `details.received` (bytes already in the target) and
 * `details.etag` is continued from there, pinned to that version; any other starts over.
 */
export function resumedReadInto(
  inner: Backend,
  key: string,
  range: ResolvedRange,
  target: Uint8Array,
  options: ReadIntoOptions,
  retrier: Retrier,
): Promise<ReadIntoResult> {
  let offset = 0;
  let ifMatch = options.ifMatch;
  return retrier.run(call("read-into", key, options, range.end - range.start), async () => {
    try {
      const rest = { start: range.start + offset, end: range.end };
      const result = await inner.readInto!(key, rest, target.subarray(offset), {
        ...options,
        ifMatch,
      });
      return {
        meta: result.meta,
        range: { start: range.start, end: result.range.end },
        bytesRead: offset + result.bytesRead,
      };
    } catch (caught) {
      const error = toLodeError(caught, "read-into");
      const { received, etag } = error.details;
      const told = isSafe(error) && typeof received === "number" && typeof etag === "string";
      if (told && received > 0 && offset + received < range.end - range.start) {
        offset += received;
        ifMatch = etag;
      }
      throw offset > 0 ? asReplaced(error, key) : error;
    }
  });
}

function asReplaced(error: LodeError, key: string): LodeError {
  if (!isLodeError(error, "precondition-failed")) return error;
  return error.with({
    message: `${JSON.stringify(key)} was replaced while it was read: read it again from its start`,
  });
}

function tooShort(key: string, range: ResolvedRange, position: number): LodeError {
  return new LodeError({
    code: "incomplete-read",
    retry: "safe",
    message:
      `reading ${JSON.stringify(key)} ended after ${position - range.start} of ` +
      `${range.end - range.start} bytes`,
  });
}

function tooLong(key: string, range: ResolvedRange): LodeError {
  return new LodeError({
    code: "integrity",
    message:
      `reading ${JSON.stringify(key)} gave more than the ${range.end - range.start} bytes that ` +
      "were announced",
  });
}

function misplaced(key: string, asked: ResolvedRange, got: ResolvedRange): LodeError {
  return new LodeError({
    code: "incomplete-read",
    message:
      `reading ${JSON.stringify(key)} was asked for bytes ${asked.start}-${asked.end} and gave ` +
      `${got.start}-${got.end}`,
  });
}
