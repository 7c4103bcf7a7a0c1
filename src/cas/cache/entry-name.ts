import { createHash } from "node:crypto";
import type { ResolvedRange } from "../../core/index.js";

/** Two digits of an object's name, so that no folder is large. */
const SHARD = /^[0-9a-f]{2}$/;
const ENTRY = /^([0-9a-f]{30})\.(\d+)-(\d+)$/;

/** An object by the URI of its store and its key: 32 hex digits. No store can pass its bytes off as another's. */
export function objectName(storeUri: string, key: string): string {
  return createHash("sha256").update(`${storeUri}\n${key}`).digest("hex").slice(0, 32);
}

/** The folder in which the entries of an object lie, with those of others. */
export function shardOf(object: string): string {
  return object.slice(0, 2);
}

export function isShard(name: string): boolean {
  return SHARD.test(name);
}

/** Where a stretch of an object lies: `<2 digits>/<30 digits>.<start>-<end>`. */
export function entryPath(object: string, { start, end }: ResolvedRange): string {
  return `${shardOf(object)}/${object.slice(2)}.${start}-${end}`;
}

/** Of which object, and which stretch of it, this is in a shard; undefined if it is no entry. */
export function parseEntry(
  shard: string,
  name: string,
): (ResolvedRange & { readonly object: string }) | undefined {
  const match = ENTRY.exec(name);
  if (match === null) return undefined;
  const [, rest, start, end] = match;
  return { object: `${shard}${rest}`, start: Number(start), end: Number(end) };
}
