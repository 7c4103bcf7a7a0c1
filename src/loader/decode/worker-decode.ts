import { availableParallelism } from "node:os";
import { resolve as resolvePath } from "node:path";
import { pathToFileURL } from "node:url";
import { abortedError, LodeError } from "../../errors.js";
import { invalid } from "../invalid.js";
import type { ItemInfo } from "../pipeline/index.js";
import { moduleError } from "./decode-error.js";
import { type DecodeJob, DecodeWorker } from "./decode-worker.js";

export interface WorkerDecodeOptions {
  /**
   * The module that decodes: a URL, or a path relative to the working directory. Its function is called with
   * `(value, { index, uri, context })` and gives the decoded value or a promise of it. Typed arrays in the value that
   * have their whole buffers move back without a copy; give `{ value, transfer: [...] }` to say which buffers
   * move, and others are copied.
   */
  readonly module: URL | string;
  /** The name of its function; `decode` unless given. */
  readonly export?: string | undefined;
  /** Threads; unless given one less than there are cores, at least 1. */
  readonly workers?: number | undefined;
  /** Given to each call; cloned once for each worker. */
  readonly context?: unknown;
  /** Copies values instead of moving their memory to the worker. Unless given, what the data set says of itself (`keepsItems`). */
  readonly copyInput?: boolean | undefined;
  /**
   * MiB of JavaScript's heap for each worker, beyond which it is ended; Node's own limit unless given. Some releases of
   * Node, 24.21 for one, end the whole process where a heap outgrows its limit by leaps.
   */
  readonly heapLimitMb?: number | undefined;
}

/** Decodes items; what it is called with is settled in any order. */
export interface DecodePool<T, U> {
  /** Throws what decoding threw as a LodeError with index and URI, and `aborted` if the signal fires or the pool is closed. */
  readonly decode: (value: T, info: ItemInfo, signal?: AbortSignal) => Promise<U>;
  /** Ends the workers; items under way fail with `aborted`. Calling it again does no more. */
  close(): Promise<void>;
}

/** Jobs that a worker has at a time: while one is decoded the next one is there. */
const PIPELINE = 2;

/**
 * Decodes in worker threads, which start when there is work for them. Typed arrays that have their whole buffers move
 * to the worker, so that the caller's are empty afterwards; of others the part that they show is copied. A worker that comes
 * to its end fails the items that it had and is replaced, as many times as there are workers; after that all
 * items fail. Throws `invalid-argument` for options that cannot be.
 */
export function workerDecode<T, U>(options: WorkerDecodeOptions): DecodePool<T, U> {
  const pool = new WorkerPool(options);
  return {
    decode: (value, info, signal) => pool.decode(value, info, signal) as Promise<U>,
    close: () => pool.close(),
  };
}

class WorkerPool {
  readonly #options: WorkerDecodeOptions;
  readonly #module: string;
  readonly #limit: number;
  readonly #workers = new Set<DecodeWorker>();
  readonly #queue = new Set<DecodeJob>();
  /** Jobs in the queue and with the workers. */
  readonly #unsettled = new Set<DecodeJob>();
  #ended = 0;
  #failure: LodeError | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: WorkerDecodeOptions) {
    const { workers = Math.max(1, availableParallelism() - 1) } = options;
    if (!Number.isSafeInteger(workers) || workers < 1) {
      throw invalid(`there cannot be ${workers} decode workers; give a whole number from 1`);
    }
    this.#options = options;
    this.#module = moduleUrl(options.module);
    this.#limit = workers;
  }

  decode(value: unknown, info: ItemInfo, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortedError("decode", info.uri, signal.reason));
        return;
      }
      const settled = (): void => {
        this.#queue.delete(job);
        this.#unsettled.delete(job);
        signal?.removeEventListener("abort", onAbort);
      };
      const job: DecodeJob = {
        value,
        info,
        resolve: (decoded) => {
          settled();
          resolve(decoded);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      const onAbort = () => job.reject(abortedError("decode", info.uri, signal?.reason));
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#unsettled.add(job);
      this.#queue.add(job);
      this.#assign();
    });
  }

  close(): Promise<void> {
    return this.#end(abortedError("decode", undefined, "the decode workers were closed"));
  }

  /** Gives waiting jobs to workers, the least busy first, and starts more while all are busy. */
  #assign(): void {
    if (this.#failure !== undefined) {
      for (const job of this.#queue) job.reject(this.#failure);
      return;
    }
    for (const job of this.#queue) {
      const worker = this.#freeWorker();
      if (worker === undefined) return;
      this.#queue.delete(job);
      worker.run(job);
    }
  }

  #freeWorker(): DecodeWorker | undefined {
    let least: DecodeWorker | undefined;
    for (const worker of this.#workers) {
      if (least === undefined || worker.busy < least.busy) least = worker;
    }
    if (least?.busy === 0) return least;
    if (this.#workers.size < this.#limit) return this.#startWorker();
    return least !== undefined && least.busy < PIPELINE ? least : undefined;
  }

  #startWorker(): DecodeWorker | undefined {
    const {
      export: exportName = "decode",
      context,
      copyInput = false,
      heapLimitMb,
    } = this.#options;
    try {
      const worker = new DecodeWorker({
        settings: { module: this.#module, exportName, context },
        copyInput,
        heapLimitMb,
        onDone: () => this.#assign(),
        onFailed: (error) => void this.#end(moduleError(this.#module, error)),
        onEnded: (ended, exitCode, cause) => this.#replace(ended, exitCode, cause),
      });
      this.#workers.add(worker);
      return worker;
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      const message = `a decode worker for ${this.#module} cannot be started: ${text}`;
      void this.#end(new LodeError({ code: "invalid-argument", message, cause }));
      return undefined;
    }
  }

  /** The next job starts another worker, unless too many have ended. */
  #replace(worker: DecodeWorker, exitCode: number, cause: unknown): void {
    this.#workers.delete(worker);
    this.#ended++;
    if (this.#ended <= this.#limit) {
      this.#assign();
      return;
    }
    const message = `decoding by ${this.#module} is given up: ${this.#ended} workers have ended, the last one with exit code ${exitCode}`;
    void this.#end(new LodeError({ code: "unexpected", message, operation: "decode", cause }));
  }

  /** Fails all jobs there are and all to come, and ends the workers. */
  #end(failure: LodeError): Promise<void> {
    this.#failure ??= failure;
    for (const job of this.#unsettled) job.reject(this.#failure);
    this.#ending ??= Promise.all([...this.#workers].map((worker) => worker.terminate())).then(
      () => undefined,
    );
    return this.#ending;
  }
}

function moduleUrl(module: URL | string): string {
  if (module instanceof URL) return module.href;
  // A scheme of two letters or more: one letter is a drive.
  return /^[a-z][a-z0-9+.-]+:/i.test(module) ? module : pathToFileURL(resolvePath(module)).href;
}
