import { hash } from "node:crypto";
import { Worker } from "node:worker_threads";
import {
  type CutState,
  type Cuts,
  type CutTools,
  cutStretch,
  PARAMETERS,
  type Stretch,
} from "./cut-stretch.js";
import type { GearMemory, WasmMemory, WebAssemblyApi } from "./gear-memory.js";

interface Job {
  readonly stretch: Stretch;
  readonly stream: ThreadStream;
  readonly resolve: (cuts: Cuts) => void;
}

/** What the thread is told: a stream that begins or has ended, or a stretch of one that is to be cut. */
interface Order {
  readonly id: number;
  readonly begin?: {
    readonly module: object;
    readonly memory: WasmMemory;
    readonly state: CutState;
  };
  readonly stretch?: Stretch;
}

interface Answer {
  readonly cuts: Cuts;
  readonly state: CutState;
}

/** With more of them it is quicker to cut another stream on the calling thread than to wait. */
const BUSY_JOBS = 2;

/**
 * A thread that cuts and hashes streams in shared memory, for all who have taken it at the same time. It starts with the first of
 * them and ends with the last. What it cannot do, because it has not started yet, has much to do or has come to its
 * end, is done on the calling thread: it makes things quicker and can make nothing fail.
 */
export class CutThread {
  static #shared: CutThread | undefined;

  readonly #worker: Worker;
  /** In the order of the answers. */
  #jobs: Job[] = [];
  #users = 0;
  #streams = 0;
  #isReady = false;

  /** To be given back by {@link release}. */
  static take(): CutThread {
    CutThread.#shared ??= new CutThread(new Worker(PROGRAM, { eval: true, execArgv: [] }));
    CutThread.#shared.#users++;
    return CutThread.#shared;
  }

  /** For {@link take}: the worker answers as {@link runThread} does. */
  constructor(worker: Worker) {
    this.#worker = worker;
    // Only with jobs does it keep the process alive.
    this.#worker.unref();
    this.#worker.on("online", () => {
      this.#isReady = true;
    });
    this.#worker.on("message", ({ cuts, state }: Answer) => {
      const { stream, resolve } = this.#jobs.shift() as Job;
      stream.state = state;
      resolve(cuts);
      if (this.#jobs.length === 0) this.#worker.unref();
    });
    // Behind it comes "exit".
    this.#worker.on("error", () => undefined);
    this.#worker.on("exit", () => this.#end());
  }

  /** Takes a stream over that has come so far; undefined if it cannot now. */
  begin(memory: GearMemory, state: CutState): ThreadStream | undefined {
    if (!this.#isReady || this.#jobs.length >= BUSY_JOBS) return undefined;
    const id = this.#streams++;
    const { module, memory: shared } = memory;
    this.#send({ id, begin: { module, memory: shared, state: { ...state, scanned: 0 } } });
    const stream: ThreadStream = new ThreadStream(memory, state, {
      isOver: () => !this.#isReady,
      cut: (stretch) =>
        new Promise((resolve) => {
          this.#jobs.push({ stretch, stream, resolve });
          this.#worker.ref();
          this.#send({ id, stretch });
        }),
      end: () => this.#send({ id }),
    });
    return stream;
  }

  /** By then all that was asked for has been answered. */
  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#end();
    void this.#worker.terminate();
  }

  #send(order: Order): void {
    this.#worker.postMessage(order);
  }

  #end(): void {
    this.#isReady = false;
    if (CutThread.#shared === this) CutThread.#shared = undefined;
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const { stream, stretch, resolve } of jobs) resolve(stream.cutHere(stretch));
  }
}

/** How a stream talks to the thread. */
interface StreamCalls {
  readonly isOver: () => boolean;
  readonly cut: (stretch: Stretch) => Promise<Cuts>;
  readonly end: () => void;
}

/** A stream that the thread cuts. */
export class ThreadStream {
  /** As of the last answer. */
  state: CutState;
  readonly #memory: GearMemory;
  readonly #thread: StreamCalls;

  constructor(memory: GearMemory, state: CutState, thread: StreamCalls) {
    this.#memory = memory;
    this.state = { ...state, scanned: 0 };
    this.#thread = thread;
  }

  /** The stretches of a stream in order. Their memory must stay as it is until the answer. */
  cut(stretch: Stretch): Cuts | Promise<Cuts> {
    return this.#thread.isOver() ? this.cutHere(stretch) : this.#thread.cut(stretch);
  }

  /** The thread has come to its end. */
  cutHere(stretch: Stretch): Cuts {
    const { find, bytes } = this.#memory;
    return cutStretch({ find, sha256: hash, ...PARAMETERS }, bytes, this.state, stretch);
  }

  end(): void {
    if (!this.#thread.isOver()) this.#thread.end();
  }
}

/** Runs in the thread; its text is sent there. */
function runThread(
  { parentPort }: typeof import("node:worker_threads"),
  sha256: CutTools["sha256"],
  cut: typeof cutStretch,
  parameters: typeof PARAMETERS,
): void {
  const port = parentPort!;
  const { Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const streams = new Map<number, { tools: CutTools; memory: Uint8Array; state: CutState }>();
  port.on("message", ({ id, begin, stretch }: Order) => {
    if (begin !== undefined) {
      const { module, memory, state } = begin;
      const { find } = new Instance(module, { env: { memory } }).exports;
      const tools = { find, sha256, ...parameters };
      streams.set(id, { tools, memory: new Uint8Array(memory.buffer), state });
    } else if (stretch !== undefined) {
      const { tools, memory, state } = streams.get(id)!;
      const cuts = cut(tools, memory, state, stretch);
      port.postMessage({ cuts, state: { ...state, scanned: 0 } } satisfies Answer);
    } else streams.delete(id);
  });
}

/** As text, since a file of its own would not be found in a bundle or beside TypeScript sources. */
const PROGRAM = `Promise.all([import("node:worker_threads"), import("node:crypto")]).then(
  ([threads, crypto]) => (${runThread})(threads, crypto.hash, ${cutStretch}, ${JSON.stringify(PARAMETERS)}));`;
