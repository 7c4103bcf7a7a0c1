import { isLodeError, type LodeError, throwIfAborted, toLodeError } from "../../errors.js";
import type { Run } from "../run.js";
import type { AnyFunction, CaptureOptions } from "./capture-options.js";
import { codeIdentity } from "./code-identity.js";
import { currentRun } from "./current-run.js";
import { environmentIdentity } from "./environment-identity.js";
import type { NamedValue } from "./named-values.js";
import { withoutSecrets } from "./without-secrets.js";

/** Characters of an error's message, and of its stack: some quote all of their input. */
const MAX_TEXT = 20_000;

/**
 * One call and its run. `prepare` or `start` comes first, then `end` or `fail` the moment the function is through, then
 * `finish`. What cannot be stored is kept in `skipped` of the manifest, and thrown or told.
 */
export class CallRecord {
  readonly run: Run;
  readonly #options: CaptureOptions<AnyFunction>;
  readonly #name: string;
  #prepared: Promise<void> = Promise.resolve();
  #failures: LodeError[] = [];
  #threw = false;
  #taken = false;

  constructor(options: CaptureOptions<AnyFunction>, name: string) {
    const { store, runType, project, storageModes, tags, params, metrics, model, runId } = options;
    const parentRun = currentRun()?.id;
    const begin = { runType, project, storageModes, tags, params, metrics, model, runId };
    this.run = store.beginRun({ ...begin, parentRun });
    this.#options = options;
    this.#name = name;
  }

  /** Throws for inputs that cannot be stored, if strict, and if the signal has fired. */
  check(inputs: readonly NamedValue[]): void {
    throwIfAborted(this.#options.signal, "capturing a call");
    if (this.#options.strict === false) return;
    for (const named of inputs) {
      if ("problem" in named) throw this.#unstored(`inputs.${named.name}`, named.problem);
    }
  }

  /** Stores the inputs, beside the function or behind it. Throws nothing: `finish` does. */
  prepare(inputs: readonly NamedValue[]): void {
    this.#prepared = this.#prepare(inputs);
    // `finish` waits for it; until then nobody does.
    this.#prepared.catch(() => undefined);
  }

  /** Stores the inputs and saves the run as running, before the function is called. Throws as `finish` does. */
  async start(inputs: readonly NamedValue[]): Promise<void> {
    const { signal } = this.#options;
    await this.#prepare(inputs);
    throwIfAborted(signal, "capturing a call");
    this.#settle();
    await this.#save(signal);
    this.#settle();
  }

  /** The function has returned. It may have ended its run itself. */
  end(): void {
    if (this.run.status === "running") this.run.finish();
  }

  /** The function has thrown. */
  fail(thrown: unknown): void {
    this.#threw = true;
    if (this.#options.signal?.aborted) {
      this.run.kill();
      return;
    }
    this.run.fail(thrown);
    const { message = "", stack, ...more } = this.run.error ?? {};
    const told = stack === undefined ? {} : { stack: withoutSecrets(stack).slice(0, MAX_TEXT) };
    this.run.error = { ...more, message: withoutSecrets(message).slice(0, MAX_TEXT), ...told };
  }

  /** Stores the outputs and saves the run. Throws the first failure, if strict, unless the function has thrown. */
  async finish(outputs: () => readonly NamedValue[]): Promise<void> {
    await this.#prepared;
    if (!this.#threw) await this.#store("outputs", outputs());
    // Without the signal: that the run was stopped is worth knowing.
    if (await this.#save()) this.#options.onSaved?.(this.run);
    this.#settle();
  }

  async #prepare(inputs: readonly NamedValue[]): Promise<void> {
    const { code, environment, runId, store, signal } = this.#options;
    this.run.environment = environment ?? environmentIdentity();
    this.run.code = code ?? { ...(await codeIdentity()), function: this.#name };
    try {
      // Saving would not see that mltrack has one of this id.
      if (runId !== undefined) await store.createRun({ runId, signal });
    } catch (error) {
      this.#taken = isLodeError(error, "already-exists");
      this.#failures.push(toLodeError(error));
    }
    await this.#store("inputs", inputs);
  }

  async #store(role: "inputs" | "outputs", values: readonly NamedValue[]): Promise<void> {
    const { store, signal } = this.#options;
    for (const named of values) {
      const { name } = named;
      try {
        if ("problem" in named) throw named.problem;
        if (role === "inputs") await store.addRunInput(this.run, name, named.value, { signal });
        else await store.addRunOutput(this.run, name, named.value, { signal });
      } catch (error) {
        this.#skip(`${role}.${name}`, toLodeError(error));
      }
    }
  }

  #skip(what: string, error: LodeError): void {
    this.run.more.skipped = {
      ...(this.run.more.skipped as Record<string, string> | undefined),
      [what]: error.message,
    };
    this.#failures.push(this.#unstored(what, error));
  }

  #unstored(what: string, error: LodeError): LodeError {
    return error.with({
      message: `${what} of a call of ${this.#name} is not stored: ${error.message}`,
    });
  }

  /** Whether it is saved. */
  async #save(signal?: AbortSignal | undefined): Promise<boolean> {
    if (this.#taken) return false;
    try {
      await this.#options.store.saveManifest(this.run, { signal });
      return true;
    } catch (error) {
      this.#failures.push(toLodeError(error));
      return false;
    }
  }

  #settle(): void {
    const { strict = true, onError = warn } = this.#options;
    const failures = this.#failures;
    this.#failures = [];
    const [first] = failures;
    if (strict && !this.#threw && first !== undefined) {
      throw failures.length === 1 ? first : first.with({ details: { failures } });
    }
    for (const failure of failures) onError(failure, this.run.id);
  }
}

/** So that nothing is lost where nobody listens. */
export function warn(error: LodeError, runId: string): void {
  process.emitWarning(
    `run ${JSON.stringify(runId)}: ${error.message}`,
    "LodestoreWarning",
    error.code,
  );
}
