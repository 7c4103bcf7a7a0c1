import { CallRecord, warn } from "./call-record.js";
import { CallsBehind } from "./calls-behind.js";
import type { AnyFunction, CaptureOptions } from "./capture-options.js";
import { withinRun } from "./current-run.js";
import { type NamedValue, namedInputs, namedOutputs, snapshots } from "./named-values.js";
import { watchedSteps, watchedStream, Yielded } from "./watched-steps.js";

type Args = readonly unknown[];

/** The calls of one captured function, by the kinds of functions that there are. */
export class CapturedCalls {
  readonly #fn: AnyFunction;
  readonly #options: CaptureOptions<AnyFunction>;
  readonly #behind: CallsBehind;

  constructor(fn: AnyFunction, options: CaptureOptions<AnyFunction>) {
    this.#fn = fn;
    this.#options = options;
    this.#behind = new CallsBehind(options.onError ?? warn);
  }

  flush(): Promise<void> {
    return this.#behind.flush();
  }

  /** Of an async function. */
  async promised(self: unknown, args: Args): Promise<unknown> {
    const record = this.#record();
    await record.start(this.#inputs(args));
    return this.#awaited(record, this.#call(record, self, args));
  }

  /** Of an asynchronous generator. */
  async *streamed(self: unknown, args: Args): AsyncGenerator {
    const record = this.#record();
    await record.start(this.#inputs(args));
    return yield* this.#stream(record, this.#call(record, self, args) as AsyncGenerator);
  }

  /** Of a generator. */
  *stepped(self: unknown, args: Args): Generator {
    const record = this.#record();
    const inputs = this.#copies(record, args);
    return yield* this.#steps(record, inputs, this.#call(record, self, args) as Generator);
  }

  /** Of any other function, which may yet return what those do. */
  atOnce(self: unknown, args: Args): unknown {
    const record = this.#record();
    const inputs = this.#copies(record, args);
    let result: unknown;
    try {
      result = this.#call(record, self, args);
    } catch (error) {
      record.fail(error);
      this.#finishBehind(record, inputs, () => []);
      throw error;
    }
    switch (Object.prototype.toString.call(result)) {
      case "[object Promise]":
        record.prepare(inputs);
        return this.#awaited(record, result);
      case "[object AsyncGenerator]":
        record.prepare(inputs);
        return this.#stream(record, result as AsyncGenerator);
      case "[object Generator]":
        return this.#steps(record, inputs, result as Generator);
      default: {
        record.end();
        const outputs = snapshots("outputs", this.#outputs(result));
        this.#finishBehind(record, inputs, () => outputs);
        return result;
      }
    }
  }

  async #awaited(record: CallRecord, promise: unknown): Promise<unknown> {
    let result: unknown;
    try {
      result = await promise;
    } catch (error) {
      record.fail(error);
      await record.finish(() => []);
      throw error;
    }
    record.end();
    await record.finish(() => this.#outputs(result));
    return result;
  }

  async *#stream(record: CallRecord, steps: AsyncGenerator): AsyncGenerator {
    const yielded = this.#yielded();
    try {
      return yield* watchedStream(record.run, steps, yielded);
    } catch (error) {
      record.fail(error);
      throw error;
    } finally {
      record.end();
      await record.finish(() => yielded?.outputs((items) => this.#outputs(items)) ?? []);
    }
  }

  *#steps(record: CallRecord, inputs: readonly NamedValue[], steps: Generator): Generator {
    const yielded = this.#yielded();
    try {
      return yield* watchedSteps(record.run, steps, yielded);
    } catch (error) {
      record.fail(error);
      throw error;
    } finally {
      record.end();
      const outputs = () => yielded?.outputs((items) => this.#outputs(items)) ?? [];
      this.#finishBehind(record, inputs, outputs);
    }
  }

  #record(): CallRecord {
    return new CallRecord(this.#options, this.#options.name ?? (this.#fn.name || "anonymous"));
  }

  #call(record: CallRecord, self: unknown, args: Args): unknown {
    return withinRun(record.run, () => this.#fn.apply(self as never, args as never[]));
  }

  #inputs(args: Args): NamedValue[] {
    return namedInputs(this.#options.inputs, args);
  }

  /** Throws for what cannot be copied, if strict. */
  #copies(record: CallRecord, args: Args): NamedValue[] {
    const copies = snapshots("inputs", this.#inputs(args));
    record.check(copies);
    return copies;
  }

  #outputs(result: unknown): NamedValue[] {
    return namedOutputs(this.#options.outputs ?? "result", result);
  }

  /** Undefined if nobody wants to keep them. */
  #yielded(): Yielded | undefined {
    return this.#options.outputs === undefined ? undefined : new Yielded();
  }

  #finishBehind(
    record: CallRecord,
    inputs: readonly NamedValue[],
    outputs: () => readonly NamedValue[],
  ): void {
    this.#behind.add(record.run.id, () => {
      record.prepare(inputs);
      return record.finish(outputs);
    });
  }
}
