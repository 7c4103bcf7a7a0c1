import { hash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { hashStretches } from "./hash-stretches.js";

interface Job {
  readonly memory: Uint8Array;
  readonly bounds: readonly number[];
  readonly resolve: (hashes: string[]) => void;
}

/** Beyond them it is quicker to hash on the calling thread than to wait. */
const MOST_JOBS = 2;

/**
 * A thread that hashes chunks in shared memory, for all who have taken it at the same time. It starts with the first of
 * them and ends with the last. What it cannot do, because it has not started yet, has much to do or has come to its
 * end, is done on the calling thread: it makes things quicker and can make nothing fail.
 */
export class HashThread {
  static #shared: HashThread | undefined;

  readonly #worker: Worker;
  /** In the order of the answers. */
  #jobs: Job[] = [];
  #users = 0;
  #isReady = false;

  /** To be given back by {@link release}. */
  static take(): HashThread {
    HashThread.#shared ??= new HashThread(new Worker(PROGRAM, { eval: true, execArgv: [] }));
    HashThread.#shared.#users++;
    return HashThread.#shared;
  }

  /** For {@link take}: the worker answers as {@link runThread} does. */
  constructor(worker: Worker) {
    this.#worker = worker;
    // Only with jobs does it keep the process alive.
    this.#worker.unref();
    this.#worker.on("online", () => {
      this.#isReady = true;
    });
    this.#worker.on("message", (hashes: string[]) => {
      this.#jobs.shift()?.resolve(hashes);
      if (this.#jobs.length === 0) this.#worker.unref();
    });
    // Behind it comes "exit".
    this.#worker.on("error", () => undefined);
    this.#worker.on("exit", () => this.#end());
  }

  /** As {@link hashStretches}; the memory must stay as it is until then. */
  hash(memory: Uint8Array, bounds: readonly number[]): string[] | Promise<string[]> {
    if (!this.#isReady || this.#jobs.length >= MOST_JOBS) {
      return hashStretches(hash, memory, bounds);
    }
    return new Promise((resolve) => {
      this.#jobs.push({ memory, bounds, resolve });
      this.#worker.ref();
      this.#worker.postMessage({ memory, bounds });
    });
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    // Those who asked for them have gone.
    this.#jobs = [];
    this.#end();
    void this.#worker.terminate();
  }

  #end(): void {
    this.#isReady = false;
    if (HashThread.#shared === this) HashThread.#shared = undefined;
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const { memory, bounds, resolve } of jobs) resolve(hashStretches(hash, memory, bounds));
  }
}

/** Runs in the thread; its text is sent there. */
function runThread(
  { parentPort }: typeof import("node:worker_threads"),
  sha256: typeof hash,
  work: typeof hashStretches,
): void {
  const port = parentPort!;
  port.on("message", ({ memory, bounds }: Job) => port.postMessage(work(sha256, memory, bounds)));
}

/** As text, since a file of its own would not be found in a bundle or beside TypeScript sources. */
const PROGRAM = `Promise.all([import("node:worker_threads"), import("node:crypto")]).then(
  ([threads, crypto]) => (${runThread})(threads, crypto.hash, ${hashStretches}));`;
