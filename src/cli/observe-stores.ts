import type { StoreObserver } from "../app/index.js";
import type { Notices } from "./render/index.js";

/** Tells warnings always, repeated requests with `-v`, and every call to a store with `-vv`. */
export function observeStores(notices: Notices): StoreObserver {
  return {
    onWarning: ({ message }) => notices.warn(message),
    onRetry({ operation, key, attempt, delayMs, error }) {
      const wait = `${Math.round(delayMs)} ms`;
      notices.info(
        `try ${attempt} of ${operation} ${key} failed (${error.code}); again in ${wait}`,
      );
    },
    ...(notices.verbosity < 2
      ? {}
      : {
          onOperation({ operation, uri, key, start, end, bytes, objects, error }) {
            const result = error?.code ?? `${bytes} bytes, ${objects} objects`;
            const place = key === "" ? uri : `${uri}/${key}`;
            notices.debug(`${operation} ${place}: ${result}, ${(end - start).toFixed(1)} ms`);
          },
        }),
  };
}
