import { Worker } from "node:worker_threads";
import type { ItemInfo } from "../pipeline/index.js";
import { decodeError, unsendableError, workerEndedError } from "./decode-error.js";
import { packForTransfer } from "./pack-for-transfer.js";
import {
  type JobMessage,
  type PortableError,
  type WorkerReply,
  type WorkerSettings,
  workerProgram,
} from "./worker-program.js";

/** An item to decode. Settling it twice does nothing. */
export interface DecodeJob {
  readonly value: unknown;
  readonly info: ItemInfo;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface DecodeWorkerOptions {
  readonly settings: WorkerSettings;
  readonly copyInput: boolean;
  readonly heapLimitMb: number | undefined;
  /** A job is done. */
  readonly onDone: () => void;
  /** The module cannot be used. */
  readonly onFailed: (error: PortableError) => void;
  /** The thread has ended by itself; its jobs have failed. */
  readonly onEnded: (worker: DecodeWorker, exitCode: number, cause: unknown) => void;
}

/** One thread and the jobs that it has. */
export class DecodeWorker {
  readonly #options: DecodeWorkerOptions;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, DecodeJob>();
  #nextId = 0;
  #error: unknown;

  /** Throws what `Worker` does, such as for a context that cannot be cloned. */
  constructor(options: DecodeWorkerOptions) {
    const { settings, heapLimitMb } = options;
    this.#options = options;
    this.#worker = new Worker(workerProgram(), {
      eval: true,
      workerData: settings,
      resourceLimits: heapLimitMb === undefined ? {} : { maxOldGenerationSizeMb: heapLimitMb },
    });
    // Only a worker with jobs keeps the process alive.
    this.#worker.unref();
    this.#worker.on("message", (reply: WorkerReply) => this.#onReply(reply));
    // Behind both of them comes "exit".
    this.#worker.on("error", (error) => {
      this.#error = error;
    });
    this.#worker.on("messageerror", (error) => {
      this.#error = error;
      void this.#worker.terminate();
    });
    this.#worker.on("exit", (exitCode) => this.#onExit(exitCode));
  }

  /** Jobs given to it and not done. */
  get busy(): number {
    return this.#jobs.size;
  }

  run(job: DecodeJob): void {
    const { index, uri } = job.info;
    const id = this.#nextId++;
    try {
      const { value, transfer } = packForTransfer(job.value, this.#options.copyInput);
      this.#worker.postMessage({ id, value, index, uri } satisfies JobMessage, transfer);
    } catch (error) {
      job.reject(unsendableError(job.info, error));
      return;
    }
    this.#jobs.set(id, job);
    this.#worker.ref();
  }

  async terminate(): Promise<void> {
    this.#worker.removeAllListeners("exit");
    await this.#worker.terminate();
  }

  #onReply(reply: WorkerReply): void {
    if ("failed" in reply) {
      this.#options.onFailed(reply.failed);
      return;
    }
    const job = this.#jobs.get(reply.id);
    this.#jobs.delete(reply.id);
    if (this.#jobs.size === 0) this.#worker.unref();
    if (job === undefined) return;
    if ("error" in reply) job.reject(decodeError(job.info, reply.error));
    else job.resolve(reply.value);
    this.#options.onDone();
  }

  #onExit(exitCode: number): void {
    for (const { info, reject } of this.#jobs.values()) {
      reject(workerEndedError(info, exitCode, this.#error));
    }
    this.#jobs.clear();
    this.#options.onEnded(this, exitCode, this.#error);
  }
}
