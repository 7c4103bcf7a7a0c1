import type { Layer } from "../../../src/storage/backend.js";
import { intercept } from "../../../src/storage/layers/intercept.js";

export interface StopPoint {
  /** Counts the calls of all stores that share the layer, from 1. */
  readonly call: number;
  /** Whether that call still has its effect. */
  readonly when: "before" | "after";
}

/**
 * Ends a process at one of its calls, as far as its stores can tell: that call and all later ones
 * never return. `onStop` is given a promise that ends with the calls that were under way then, which
 * a server may still be carrying out.
 */
export function stopping(
  { call, when }: StopPoint,
  onStop: (settled: Promise<unknown>) => void,
): Layer {
  let calls = 0;
  let stopped = false;
  const underWay = new Set<Promise<unknown>>();
  const stop = (): Promise<never> => {
    if (!stopped) onStop(Promise.allSettled(underWay));
    stopped = true;
    return new Promise(() => undefined);
  };
  return (inner) =>
    intercept(inner, async (_, run) => {
      const number = ++calls;
      if (stopped || (number === call && when === "before")) return stop();
      const outcome = run();
      underWay.add(outcome);
      const forget = (): boolean => underWay.delete(outcome);
      outcome.then(forget, forget);
      if (number !== call) return outcome;
      // A refusal is an effect too.
      await outcome.catch(() => undefined);
      return stop();
    });
}
