import type { LodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import type { NewRun, Run } from "../run.js";
import type { RunStore } from "../run-store.js";

// biome-ignore lint/suspicious/noConfusingVoidType: a function without a `this` has none.
export type AnyFunction = (this: never | void, ...args: never[]) => unknown;

export type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;

/** What a call gives in the end; of a generator the list of what it yielded. */
export type ResultOf<F> = F extends (...args: never[]) => infer R
  ? R extends Generator<infer T> | AsyncGenerator<infer T>
    ? readonly T[]
    : Awaited<R>
  : never;

/** Names of the arguments in their order (null: that one is not kept), or the inputs by name. */
export type InputsOf<F> =
  | readonly (string | null)[]
  | ((...args: ArgumentsOf<F>) => Readonly<Record<string, unknown>>);

/**
 * The name of the result; names of the items of a result that is an array, or of the fields of one that is an object; or
 * the outputs by name.
 */
export type OutputsOf<F> =
  | string
  | readonly string[]
  | ((result: ResultOf<F>) => Readonly<Record<string, unknown>>);

/** What each run begins with; its parent is the run of the call around it. */
export interface CapturedRun<F> extends Omit<NewRun, "parentRun">, CallOptions {
  readonly store: RunStore;
  /** What the manifest calls the function. Default: its own name. */
  readonly name?: string | undefined;
  /** Default: none. */
  readonly inputs?: InputsOf<F> | undefined;
  /** Default `result`, of generators none; an empty list: none. Nothing is stored of `undefined`. */
  readonly outputs?: OutputsOf<F> | undefined;
  /** Of one call: a function that is called more often leaves it out. */
  readonly runId?: string | undefined;
  /** Told of each run when it is saved in the end. */
  readonly onSaved?: ((run: Run) => void) | undefined;
}

/** Told what could not be stored or saved, and of which run. */
export type OnCaptureError = (error: LodeError, runId: string) => void;

export type CaptureOptions<F> = CapturedRun<F> &
  (
    | {
        /** What cannot be stored is an error of the call. Default. */
        readonly strict?: true | undefined;
        /** Told what no call can throw, as it threw the function's own error; by default a warning of the process. */
        readonly onError?: OnCaptureError | undefined;
      }
    | {
        /** The call gives what the function gives; what cannot be stored is told, and in `skipped` of the manifest. */
        readonly strict: false;
        readonly onError: OnCaptureError;
      }
  );

/** The function as it was. */
export type Captured<F> = F & {
  /**
   * Waits for the runs of calls that have returned. Only functions that give neither a promise nor an asynchronous
   * generator leave any. Throws the first failure since the last flush, if strict. Call it before the store is closed.
   */
  flush(): Promise<void>;
};
