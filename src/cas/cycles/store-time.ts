import type { Clock } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";

const PROBE_KEY = "gc/clock";

/**
 * The time by the store's clock, in milliseconds since 1970, without asking again. The clocks of machines differ by
 * minutes; ages that decide anything are taken from the one clock that dates all objects. It stands still while the
 * machine sleeps, and then takes things to be younger than they are.
 */
export type StoreTime = () => number;

/** Writes a tiny object and looks at its date. */
export async function storeTime(
  store: ObjectStore,
  clock: Clock,
  { signal }: CallOptions = {},
): Promise<StoreTime> {
  await store.put(PROBE_KEY, "", { signal });
  const asked = clock.now();
  const told = (await store.head(PROBE_KEY, { signal })).lastModified.getTime();
  return () => told + Math.max(0, clock.now() - asked);
}
