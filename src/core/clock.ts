import { abortedError } from "../errors.js";

/** Time as a dependency, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970 with fractions; never goes back within a process. */
  now(): number;
  /** Ends after `ms` milliseconds, or with `aborted` when the signal fires. */
  sleep(ms: number, signal?: AbortSignal | undefined): Promise<void>;
}

/** Asking for it costs as much as asking for the time. */
const ORIGIN = performance.timeOrigin;

export const systemClock: Clock = {
  now: () => ORIGIN + performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        clearTimeout(timer);
        reject(abortedError("waiting", undefined, signal?.reason));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};
