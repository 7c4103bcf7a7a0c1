import { randomBytes } from "node:crypto";
import { JsonFields, parseJson } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { IdSet } from "./id-set.js";
import { type Ids, idsOf } from "./state.js";

export const CONDEMNED = "gc/condemned/";
const KEY = /^gc\/condemned\/(\d{6,})-[0-9a-f]{8}\.json$/;

/** What one cycle condemned. It never changes; its blobs are dealt with in order, then its packs. */
export interface CondemnedList {
  readonly key: string;
  readonly blobs: IdSet;
  readonly packs: IdSet;
}

/** Text of a cycle's number in keys; they sort as their numbers. */
export function cycleText(cycle: number): string {
  return String(cycle).padStart(6, "0");
}

/** The cycle of a list's key; undefined if it is no such key. */
export function cycleOfList(key: string): number | undefined {
  const match = KEY.exec(key);
  return match === null ? undefined : Number(match[1]);
}

/** Writes a list. It means nothing before the state names it: a collector that died here leaves an object, no more. */
export async function writeCondemned(
  store: ObjectStore,
  cycle: number,
  ids: Ids,
  { signal }: CallOptions = {},
): Promise<CondemnedList> {
  const key = `${CONDEMNED}${cycleText(cycle)}-${randomBytes(4).toString("hex")}.json`;
  const text = JSON.stringify({ version: 1, ...ids }, undefined, 2);
  await store.put(key, `${text}\n`, { mode: "create", signal });
  return { key, blobs: new IdSet(32, ids.blobs), packs: new IdSet(16, ids.packs) };
}

/** Throws `corrupt-format`, and `not-found` once a later cycle has removed it. */
export async function readCondemned(
  store: ObjectStore,
  key: string,
  { signal }: CallOptions = {},
): Promise<CondemnedList> {
  const place = { what: "list of what is condemned", uri: store.uriOf(key), path: "" };
  const text = await store.text(key, { signal });
  const { blobs, packs } = idsOf(new JsonFields(parseJson(text, place.what, place.uri), place));
  return { key, blobs: new IdSet(32, blobs), packs: new IdSet(16, packs) };
}
