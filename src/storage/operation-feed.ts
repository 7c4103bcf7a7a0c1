import type { Layer } from "./backend.js";
import { Lanes, type OperationRecord, trace } from "./layers/index.js";

type Listener = (record: OperationRecord) => void;

const listeners = new Set<Listener>();

/**
 * Tells `listener` of every request of every store in this process that `openStore` opened, also of
 * those opened before: each try of a call that is repeated, each part, each range. Keys are those of
 * the bucket or container. The listener must not throw. Returns what ends it.
 */
export function observeOperations(listener: Listener): () => void {
  // An own function for each call: the same listener twice is told twice, and ended one by one.
  const own: Listener = (record) => listener(record);
  listeners.add(own);
  return () => listeners.delete(own);
}

/** Stands right above each backend; while nobody listens, calls pass it by. */
export const feedLayer: Layer = trace(
  (record) => {
    for (const listener of listeners) listener(record);
  },
  { isOn: () => listeners.size > 0, lanes: new Lanes() },
);
