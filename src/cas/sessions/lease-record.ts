import { JsonFields, parseJson } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore, WriteMode } from "../../storage/index.js";

export const LEASES = "leases/";

/** The body of `leases/<session>.json`. */
export interface LeaseRecord {
  readonly session: string;
  /** By the writer's clock, for people; whether a lease ran out is told by the store's date of the object. */
  readonly startedAt: number;
  /** In milliseconds. Not renewed for so long, the lease has run out. */
  readonly ttl: number;
  /** The newest cycle of which all that the session holds is rescued. */
  readonly cycle: number;
}

export interface StoredLease extends LeaseRecord {
  readonly key: string;
  /** By the store's clock, in milliseconds since 1970. */
  readonly renewedAt: number;
}

export function leaseKey(session: string): string {
  return `${LEASES}${session}.json`;
}

/** Returns the etag. Throws `precondition-failed` if the lease is not as it was. */
export async function writeLease(
  store: ObjectStore,
  lease: LeaseRecord,
  now: number,
  { mode, signal }: CallOptions & { readonly mode: WriteMode },
): Promise<string> {
  const text = JSON.stringify(
    {
      version: 1,
      session: lease.session,
      started_at: new Date(lease.startedAt).toISOString(),
      expires_at: new Date(now + lease.ttl).toISOString(),
      ttl_ms: lease.ttl,
      cycle: lease.cycle,
    },
    undefined,
    2,
  );
  const { etag } = await store.put(leaseKey(lease.session), `${text}\n`, { mode, signal });
  return etag;
}

/** The leases that are there, also those that ran out. Throws `corrupt-format`. */
export async function* listLeases(
  store: ObjectStore,
  { signal }: CallOptions = {},
): AsyncGenerator<StoredLease, void, undefined> {
  for await (const { key } of store.list({ prefix: LEASES, signal })) {
    try {
      const { meta, body } = await store.get(key, { signal });
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(new Uint8Array(chunk));
      const place = { what: "lease of a session", uri: store.uriOf(key), path: "" };
      const text = Buffer.concat(chunks).toString();
      const fields = new JsonFields(parseJson(text, place.what, place.uri), place);
      const startedAt = Date.parse(fields.text("started_at"));
      yield {
        key,
        session: fields.text("session"),
        startedAt: Number.isNaN(startedAt) ? 0 : startedAt,
        ttl: fields.integer("ttl_ms"),
        cycle: fields.integer("cycle"),
        renewedAt: meta.lastModified.getTime(),
      };
    } catch (error) {
      // Closed between the listing and the look.
      if (!isLodeError(error, "not-found")) throw error;
    }
  }
}
