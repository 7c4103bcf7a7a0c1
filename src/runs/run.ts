import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { LodeError } from "../errors.js";
import type { SavedRun } from "./commit/index.js";
import {
  checkRunId,
  checkRunType,
  type DataReference,
  formatTime,
  type JsonValue,
  type RunCode,
  type RunEnvironment,
  type RunFacts,
  type RunFailure,
  type RunModel,
  type RunStatus,
  type RunType,
} from "./manifest/index.js";
import { checkStorageMode, type StorageMode } from "./views/index.js";

/** What a new run begins with; all of it has a default. */
export interface NewRun {
  /** 1 to 200 characters, none of them a control character. Default: the time and eight random digits. */
  readonly runId?: string | undefined;
  readonly runType?: RunType | undefined;
  readonly project?: string | undefined;
  /** The views that it appears in. */
  readonly storageModes?: readonly StorageMode[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly params?: Readonly<Record<string, JsonValue>> | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  readonly model?: RunModel | undefined;
  readonly code?: RunCode | undefined;
  readonly environment?: RunEnvironment | undefined;
  /** The id of the run that starts this one. */
  readonly parentRun?: string | undefined;
}

/**
 * A run in memory: change it at will, then save it by `RunStore.saveManifest`. What others saved meanwhile is
 * merged then, entry by entry. Times are ISO 8601 in UTC.
 */
export class Run {
  readonly id: string;
  readonly createdAt: string;
  runType: RunType;
  project: string | null;
  status: RunStatus = "running";
  startedAt: string | null;
  endedAt: string | null = null;
  /** The id of the run that started this one. */
  parentRun: string | null;
  params: Record<string, JsonValue>;
  /** The last value of each. */
  metrics: Record<string, number>;
  tags: Record<string, string>;
  inputs: Record<string, DataReference> = {};
  outputs: Record<string, DataReference> = {};
  model: RunModel | null;
  code: RunCode | null;
  environment: RunEnvironment | null;
  /** Why it failed. */
  error: RunFailure | null = null;
  /** The views that it appears in. */
  storageModes: StorageMode[];
  /**
   * Further fields of the manifest, by their names in JSON: those of newer versions, and `skipped`: why capturing left
   * data out.
   */
  more: Record<string, unknown> = {};
  #saved: SavedRun | undefined;
  #older = false;
  readonly #now: () => number;

  private constructor(
    id: string,
    createdAt: string,
    runType: RunType,
    now: () => number,
    o: NewRun,
  ) {
    this.id = id;
    this.createdAt = createdAt;
    this.startedAt = createdAt;
    this.runType = runType;
    this.project = o.project ?? null;
    this.parentRun = o.parentRun ?? null;
    this.params = { ...o.params };
    this.metrics = { ...o.metrics };
    this.tags = { ...o.tags };
    this.model = o.model ?? null;
    this.code = o.code ?? null;
    this.environment = o.environment ?? null;
    this.storageModes = [...(o.storageModes ?? [])];
    this.#now = now;
  }

  /** A run that is in no store yet. `now` gives milliseconds since 1970. Throws `invalid-argument`. */
  static begin(options: NewRun & { readonly runType: RunType }, now: () => number): Run {
    const createdAt = formatTime(now());
    const id = checkRunId(options.runId ?? newRunId(createdAt));
    for (const mode of options.storageModes ?? []) checkStorageMode(mode);
    return new Run(id, createdAt, checkRunType(options.runType), now, options);
  }

  /** The run that was saved; `newest` is absent for a revision that is not the newest, which cannot be saved. */
  static of(facts: RunFacts, newest: SavedRun | undefined, now: () => number): Run {
    const run = new Run(facts.runId, facts.createdAt, facts.runType, now, {});
    run.#take(facts);
    run.#saved = newest;
    run.#older = newest === undefined;
    return run;
  }

  /** The newest revision when it was loaded or saved; 0 before it was saved. */
  get revision(): number {
    return this.#saved?.manifest.revision ?? 0;
  }

  /** A revision that was not the newest one when it was loaded: it cannot be saved. */
  get readOnly(): boolean {
    return this.#older;
  }

  /** Throws `precondition-failed` if it cannot be saved. */
  refuseOlder(): void {
    if (!this.#older) return;
    throw new LodeError({
      code: "precondition-failed",
      message: `this is an older revision of run ${JSON.stringify(this.id)}; load the newest to change it`,
    });
  }

  /** When it was deleted; null for a run that is not. */
  get deletedAt(): string | null {
    return this.#saved?.head.head.deletedAt ?? null;
  }

  logMetric(name: string, value: number): void {
    this.metrics[name] = value;
  }

  /** Ends it; its manifest has yet to be saved. */
  finish(): void {
    this.#end("finished");
  }

  /** Ends it with what was thrown. */
  fail(error: unknown): void {
    this.error = failureOf(error);
    this.#end("failed");
  }

  /** Ends it for one that was stopped from outside. */
  kill(): void {
    this.#end("killed");
  }

  /** All that it tells now. */
  facts(): RunFacts {
    return {
      runId: this.id,
      runType: this.runType,
      project: this.project,
      status: this.status,
      createdAt: this.createdAt,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
      parentRun: this.parentRun,
      params: this.params,
      metrics: this.metrics,
      tags: this.tags,
      inputs: this.inputs,
      outputs: this.outputs,
      model: this.model,
      code: this.code,
      environment: this.environment,
      error: this.error,
      storageModes: this.storageModes,
      more: this.more,
    };
  }

  /** What it was loaded from or saved as last. */
  get saved(): SavedRun | undefined {
    return this.#saved;
  }

  /** Takes over what was saved, with what others had changed. */
  accept(saved: SavedRun): void {
    this.#take(saved.manifest);
    this.#saved = saved;
  }

  #end(status: RunStatus): void {
    this.status = status;
    this.endedAt = formatTime(this.#now());
  }

  #take(facts: RunFacts): void {
    const own = structuredClone(facts);
    this.runType = own.runType;
    this.project = own.project;
    this.status = own.status;
    this.startedAt = own.startedAt;
    this.endedAt = own.endedAt;
    this.parentRun = own.parentRun;
    this.params = own.params;
    this.metrics = own.metrics;
    this.tags = own.tags;
    this.inputs = own.inputs;
    this.outputs = own.outputs;
    this.model = own.model;
    this.code = own.code;
    this.environment = own.environment;
    this.error = own.error;
    this.storageModes = [...own.storageModes];
    this.more = { ...own.more };
  }
}

/** Sorts by time. */
function newRunId(createdAt: string): string {
  return `${createdAt.slice(0, 19).replaceAll(/[-:]/g, "")}-${randomBytes(4).toString("hex")}`;
}

function failureOf(error: unknown): RunFailure {
  // Anything can be thrown, also what has no text, and errors whose fields are none.
  if (!(error instanceof Error)) {
    return { message: typeof error === "string" ? error : inspect(error, { depth: 1 }) };
  }
  const { name, message, stack } = error;
  const trace = typeof stack === "string" ? { stack } : {};
  return { name: String(name), message: String(message), ...trace };
}
