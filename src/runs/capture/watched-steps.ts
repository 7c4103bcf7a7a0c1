import { LodeError } from "../../errors.js";
import type { Run } from "../run.js";
import { withinRun } from "./current-run.js";
import type { NamedValue } from "./named-values.js";
import { snapshots } from "./named-values.js";

const MAX_YIELDED = 1_000_000;

/** What a generator yielded, as it was then. */
export class Yielded {
  readonly items: unknown[] = [];
  #problem: LodeError | undefined;

  add(item: unknown): void {
    if (this.#problem !== undefined) return;
    const [copy] = snapshots("outputs", [{ name: "item", value: item }]);
    if (copy !== undefined && "problem" in copy) this.#refuse(copy.problem);
    else if (this.items.length >= MAX_YIELDED) this.#refuse(tooMany());
    else this.items.push(copy?.value);
  }

  /** The outputs that `name` finds in the list. */
  outputs(name: (items: readonly unknown[]) => NamedValue[]): NamedValue[] {
    return this.#problem === undefined ? name(this.items) : [{ name: "*", problem: this.#problem }];
  }

  #refuse(problem: LodeError): void {
    this.#problem = problem;
    this.items.length = 0;
  }
}

/** The generator's steps within its run, what they yield told. */
export function watchedSteps(run: Run, steps: Generator, yielded: Yielded | undefined): Generator {
  const watch = (step: () => IteratorResult<unknown>): IteratorResult<unknown> => {
    const result = withinRun(run, step);
    if (result.done !== true) yielded?.add(result.value);
    return result;
  };
  return {
    next: (...sent) => watch(() => steps.next(...sent)),
    return: (value) => watch(() => steps.return(value)),
    throw: (error) => watch(() => steps.throw(error)),
    [Symbol.iterator]() {
      return this;
    },
  } as Generator;
}

/** The same of an asynchronous one. */
export function watchedStream(
  run: Run,
  steps: AsyncGenerator,
  yielded: Yielded | undefined,
): AsyncGenerator {
  const watch = async (
    step: () => Promise<IteratorResult<unknown>>,
  ): Promise<IteratorResult<unknown>> => {
    const result = await withinRun(run, step);
    if (result.done !== true) yielded?.add(result.value);
    return result;
  };
  return {
    next: (...sent) => watch(() => steps.next(...sent)),
    return: (value) => watch(() => steps.return(value)),
    throw: (error) => watch(() => steps.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
  } as AsyncGenerator;
}

function tooMany(): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `more than ${MAX_YIELDED} items were yielded; store them as they come, in the function`,
  });
}
