import { setMaxListeners } from "node:events";

/** An object, so that a request needs no closure. */
export interface AbortListener {
  handleEvent(): void;
}

const raised = new WeakSet<AbortSignal>();

/**
 * Listens for an abort. One signal often ends hundreds of requests at a time: Node warns of a leak
 * from the eleventh listener on, so its limit is lifted for signals seen here.
 */
export function listenForAbort(signal: AbortSignal, listener: AbortListener): void {
  if (!raised.has(signal)) {
    setMaxListeners(0, signal);
    raised.add(signal);
  }
  signal.addEventListener("abort", listener);
}
