import {
  type MemoryBackend,
  openMemoryBackend,
} from "../../../src/storage/backends/memory/index.js";
import {
  type Backend,
  type Layer,
  type ObjectMeta,
  ObjectStore,
} from "../../../src/storage/index.js";
import { intercept, overlay } from "../../../src/storage/layers/intercept.js";

/** Dates objects by a clock of the test's: the store's clock. All stores of one layer share the dates. */
export function dated(now: () => number): Layer {
  const dates = new Map<string, number>();
  const redate = (meta: ObjectMeta): ObjectMeta => ({
    ...meta,
    lastModified: new Date(dates.get(meta.key) ?? meta.lastModified.getTime()),
  });
  return (inner: Backend) =>
    overlay(inner, {
      async put(key, body, options) {
        const result = await inner.put(key, body, options);
        dates.set(key, now());
        return result;
      },
      async copy(from, to, options) {
        const result = await inner.copy(from, to, options);
        dates.set(to, now());
        return result;
      },
      async get(key, options) {
        const result = await inner.get(key, options);
        return { ...result, meta: redate(result.meta) };
      },
      head: async (key, options) => redate(await inner.head(key, options)),
      async *list(options) {
        for await (const { objects, prefixes } of inner.list(options)) {
          yield { objects: objects.map(redate), prefixes };
        }
      },
    });
}

/** A store in memory whose objects are dated by the given clock. */
export async function openDatedStore(name: string, now: () => number): Promise<ObjectStore> {
  const backend: MemoryBackend = await openMemoryBackend({ name });
  return new ObjectStore(backend).with(dated(now));
}

/** Each call waits for its turn before it has its effect. */
export function inTurns(turn: (operation: string, key: string) => Promise<void>): Layer {
  return (inner) =>
    intercept(inner, async (call, run) => {
      await turn(call.operation, call.key);
      return run();
    });
}
