import type { ItemTask } from "./item-source.js";

/** How an item came out; with bytes as they were read, and as its value holds them. */
export type Outcome<U> =
  | { readonly value: U; readonly bytesRead: number; readonly held: number }
  | { readonly error: unknown };

/** An item from the time its memory is set aside until it is handed out, or given up. */
export interface LoadingItem<T, U> {
  readonly task: ItemTask<T>;
  /** Bytes set aside for it. */
  held: number;
  /** Undefined while it is loaded. */
  outcome: Outcome<U> | undefined;
}
