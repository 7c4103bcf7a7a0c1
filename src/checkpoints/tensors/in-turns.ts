import { ByteBudget } from "../../core/index.js";
import { LodeError } from "../../errors.js";

export interface TurnOptions<T> {
  /** Items at a time. */
  readonly concurrency: number;
  /** Bytes that an item holds while its work goes on; all together at most 128 MiB, or one item. */
  readonly weight?: ((item: T) => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const BYTES_IN_FLIGHT = 128 * 1024 * 1024;

/**
 * Does the work for each item, several at a time and in order. After a failure no more is begun; it is
 * thrown when all begun work has ended. Throws `invalid-argument` for a concurrency that is none.
 */
export async function inTurns<T>(
  items: readonly T[],
  { concurrency, weight = () => 0, signal }: TurnOptions<T>,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  checkPositive("concurrency", concurrency);
  const budget = new ByteBudget(BYTES_IN_FLIGHT);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (failure === undefined && next < items.length) {
      const index = next++;
      const item = items[index]!;
      const bytes = weight(item);
      await budget.acquire(bytes, signal);
      try {
        if (failure === undefined) await work(item, index);
      } finally {
        budget.release(bytes);
      }
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, () =>
    worker().catch((error: unknown) => {
      failure ??= { error };
    }),
  );
  await Promise.all(workers);
  if (failure !== undefined) throw failure.error;
}

/** Throws `invalid-argument` unless the option is a whole number from 1. */
export function checkPositive(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${option} cannot be ${value}; give a whole number from 1`,
  });
}
