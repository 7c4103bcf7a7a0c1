import { type Packed, packForTransfer } from "./pack-for-transfer.js";

/** What a worker is told when it starts. */
export interface WorkerSettings {
  readonly module: string;
  readonly exportName: string;
  readonly context: unknown;
}

export interface JobMessage {
  readonly id: number;
  readonly value: unknown;
  readonly index: number;
  readonly uri: string;
}

/** An error as it passes between threads. */
export interface PortableError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** If it is a LodeError. */
  readonly code: string | undefined;
}

/** `failed`: the module cannot be used. */
export type WorkerReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PortableError }
  | { readonly failed: PortableError };

type UserDecode = (value: unknown, info: object) => unknown;

/** Runs in the worker. Its text is sent there: see {@link packForTransfer} for how it must be. */
function runWorker(
  { parentPort, workerData }: typeof import("node:worker_threads"),
  load: (url: string) => Promise<Record<string, unknown>>,
  pack: typeof packForTransfer,
): void {
  const port = parentPort!;
  const { module, exportName, context } = workerData as WorkerSettings;

  const worker = {
    async work(decode: UserDecode, { id, value, index, uri }: JobMessage): Promise<void> {
      let result: unknown;
      try {
        result = await decode(value, { index, uri, context });
      } catch (error) {
        port.postMessage({ id, error: worker.portable(error, "") });
        return;
      }
      try {
        worker.reply(id, result);
      } catch (error) {
        const before = "its result cannot leave the worker: ";
        port.postMessage({ id, error: worker.portable(error, before) });
      }
    },

    reply(id: number, result: unknown): void {
      if (worker.saysTransfer(result)) {
        port.postMessage({ id, value: result.value }, result.transfer);
      } else {
        const { value, transfer } = pack(result, false);
        port.postMessage({ id, value }, transfer);
      }
    },

    saysTransfer(result: unknown): result is Packed {
      if (typeof result !== "object" || result === null) return false;
      // The keys of a typed array are as many as its elements: look for these two first.
      const isOne = Object.hasOwn(result, "transfer") && Object.hasOwn(result, "value");
      return isOne && Object.keys(result).length === 2;
    },

    portable(error: unknown, before: string): PortableError {
      const { name, message, stack, code } = (
        error instanceof Error ? error : new Error(String(error))
      ) as Error & { readonly code?: unknown };
      const lodeCode = name === "LodeError" ? String(code) : undefined;
      return { name, message: before + message, stack, code: lodeCode };
    },
  };

  const ready = load(module).then((loaded) => {
    const decode = loaded[exportName];
    if (typeof decode !== "function") throw new Error(`it exports no function ${exportName}`);
    return decode as UserDecode;
  });
  ready.catch((error: unknown) => port.postMessage({ failed: worker.portable(error, "") }));
  port.on("message", (job: JobMessage) => {
    // That the module cannot be used is told above, once.
    ready.then(
      (decode) => worker.work(decode, job),
      () => undefined,
    );
  });
}

/**
 * The workers' program as text, to be run by `eval`: a file of its own would not be found in a bundle or beside
 * TypeScript sources.
 */
export function workerProgram(): string {
  return `import("node:worker_threads").then((threads) =>
  (${runWorker})(threads, (url) => import(url), ${packForTransfer}));`;
}
