import { compareKeys } from "../../core/index.js";
import { LodeError } from "../../errors.js";

/** One name and what each side has of it; at least one of both is there. */
export interface Joined<T> {
  readonly name: string;
  readonly left: T | undefined;
  readonly right: T | undefined;
}

export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

/**
 * Joins two streams that are ordered by name, holding a batch of each. Throws `unexpected` if one is
 * not in order, since a sync would then delete what is there.
 */
export async function* mergeJoin<T>(
  left: AsyncIterable<readonly Named<T>[]>,
  right: AsyncIterable<readonly Named<T>[]>,
): AsyncGenerator<Joined<T>, void, undefined> {
  const a = new OrderedReader(left);
  const b = new OrderedReader(right);
  try {
    for (;;) {
      const l = a.peek() ?? (await a.fill());
      const r = b.peek() ?? (await b.fill());
      if (l === undefined && r === undefined) return;
      const order = l === undefined ? 1 : r === undefined ? -1 : compareKeys(l.name, r.name);
      if (order <= 0) a.skip();
      if (order >= 0) b.skip();
      yield {
        name: (order <= 0 ? l : r)?.name as string,
        left: order <= 0 ? l?.value : undefined,
        right: order >= 0 ? r?.value : undefined,
      };
    }
  } finally {
    await Promise.all([a.end(), b.end()]);
  }
}

class OrderedReader<T> {
  readonly #iterator: AsyncIterator<readonly Named<T>[]>;
  #batch: readonly Named<T>[] = [];
  #at = 0;
  #last: string | undefined;

  constructor(source: AsyncIterable<readonly Named<T>[]>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  peek(): Named<T> | undefined {
    return this.#batch[this.#at];
  }

  skip(): void {
    this.#at++;
  }

  /** The next one, from the next batch that has any. */
  async fill(): Promise<Named<T> | undefined> {
    for (;;) {
      const step = await this.#iterator.next();
      if (step.done === true) return undefined;
      this.#batch = step.value;
      this.#at = 0;
      for (const { name } of step.value) this.#check(name);
      if (step.value.length > 0) return step.value[0];
    }
  }

  async end(): Promise<void> {
    await this.#iterator.return?.();
  }

  #check(name: string): void {
    if (this.#last !== undefined && compareKeys(this.#last, name) >= 0) {
      throw new LodeError({
        code: "unexpected",
        message: `a listing told ${JSON.stringify(name)} after ${JSON.stringify(this.#last)}: it is not ordered, so nothing more is compared`,
      });
    }
    this.#last = name;
  }
}
