import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { LEASES, listLeases } from "../sessions/index.js";

/**
 * The sessions that do not know a cycle yet. Leases that ran out are deleted: a session that wakes up finds its own gone
 * before it publishes anything.
 */
export async function sessionsBehind(
  store: ObjectStore,
  cycle: number,
  now: number,
  { signal }: CallOptions = {},
): Promise<string[]> {
  const behind: string[] = [];
  for await (const lease of listLeases(store, { signal })) {
    if (now - lease.renewedAt > lease.ttl) await store.delete(lease.key, { signal });
    else if (lease.cycle < cycle) behind.push(lease.key.slice(LEASES.length, -".json".length));
  }
  return behind;
}
