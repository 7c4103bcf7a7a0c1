import { LodeError } from "../../errors.js";
import type { AnyFunction, Captured, CaptureOptions } from "./capture-options.js";
import { CapturedCalls } from "./captured-calls.js";

type Args = readonly unknown[];

/**
 * The function, whose every call is saved as a run: inputs as they were before, outputs, or what was thrown, and what
 * code ran where. Calls within a call have it as their parent; {@link currentRun} gives the run inside.
 *
 * - An async function is called when its inputs are stored and the run is saved as running; its promise waits for the run.
 * - Other functions are called at once, on which inputs are copied; so must they be storable without a codec of the
 *   caller's. What returns a promise has the run saved before that resolves; the runs of the rest are saved behind, and
 *   `flush` waits for them; until then the copies are in memory.
 * - Generators begin with the first step. An asynchronous one ends when its run is saved; of a synchronous one it is
 *   saved behind. The outputs are the list of what was yielded, kept in memory if `outputs` is given, else none.
 *
 * What the function throws is thrown on unchanged. Throws `invalid-argument`; calls throw what storing throws, if strict.
 * The signal stops what is being stored, and marks a run as killed whose function throws after it has fired.
 */
export function captureRun<F extends AnyFunction>(fn: F, options: CaptureOptions<F>): Captured<F> {
  if (options.strict === false && typeof options.onError !== "function") {
    throw new LodeError({
      code: "invalid-argument",
      message: "strict: false hides what cannot be stored: give onError, which is told of it",
    });
  }
  const calls = new CapturedCalls(fn, options as unknown as CaptureOptions<AnyFunction>);
  const captured = callable(fn, calls);
  Object.defineProperties(captured, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
  return Object.assign(captured, { flush: () => calls.flush() }) as unknown as Captured<F>;
}

/** A function of the same kind. */
function callable(fn: AnyFunction, calls: CapturedCalls): (...args: never[]) => unknown {
  switch (Object.prototype.toString.call(fn)) {
    case "[object AsyncFunction]":
      return async function (this: unknown, ...args: Args) {
        return calls.promised(this, args);
      };
    case "[object AsyncGeneratorFunction]":
      return async function* (this: unknown, ...args: Args) {
        return yield* calls.streamed(this, args);
      };
    case "[object GeneratorFunction]":
      return function* (this: unknown, ...args: Args) {
        return yield* calls.stepped(this, args);
      };
    default:
      return function (this: unknown, ...args: Args) {
        return calls.atOnce(this, args);
      };
  }
}
