import { setMaxListeners } from "node:events";
import { abortedError } from "../errors.js";

/** Does the work for each item, some at a time; throws the first failure after all have ended. */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const scope = new ReadScope(signal);
  const waiting = items[Symbol.iterator]();
  async function worker(): Promise<void> {
    while (!scope.signal.aborted) {
      const { done, value } = waiting.next();
      if (done === true) return;
      await work(value, scope.signal);
    }
  }
  await Promise.all(
    Array.from({ length: concurrency }, () => worker().catch((error) => scope.fail(error))),
  );
  scope.end();
}

/** What is begun for each item, in order, while the work for the next ones is under way. */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  concurrency: number,
  signal: AbortSignal | undefined,
  begin: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const scope = new ReadScope(signal);
  const waiting = items[Symbol.iterator]();
  const begun: Promise<R>[] = [];
  try {
    for (;;) {
      scope.throwIfAborted();
      while (begun.length < concurrency) {
        const { done, value } = waiting.next();
        if (done === true) break;
        const work = begin(value, scope.signal);
        // Its failure is told when its turn comes, and must have a listener until then.
        work.catch(() => {});
        begun.push(work);
      }
      const next = begun.shift();
      if (next === undefined) return;
      yield await next;
    }
  } finally {
    scope.stop();
    await Promise.allSettled(begun);
  }
}

/** The signal of reads that belong together: it fires with the caller's, and when one has failed. */
class ReadScope {
  readonly #stop = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #failure: { readonly error: unknown } | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    setMaxListeners(0, this.#stop.signal);
    this.#onAbort = () => this.#stop.abort(outer?.reason);
    if (outer?.aborted) this.#onAbort();
    else outer?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
  }

  stop(): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#stop.abort();
  }

  end(): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.throwIfAborted();
  }

  throwIfAborted(): void {
    if (this.#outer?.aborted) throw abortedError("get", undefined, this.#outer.reason);
  }
}
