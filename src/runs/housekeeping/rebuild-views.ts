import { sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import {
  derivedObjects,
  listHeadKeys,
  readHeadAt,
  readSaved,
  readSavedAt,
} from "../commit/index.js";
import { isPointerKey, parsePointer, VIEWS } from "../views/index.js";

const AT_A_TIME = 16;

export interface RebuildOptions extends CallOptions {
  /** Tell, and change nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What was mended, or would be; all of it keys. */
export interface RebuiltViews {
  /** Runs that were looked at. */
  readonly runs: number;
  /** Pointers and copies that are as they must be. */
  readonly right: number;
  /** Missing or damaged, and written. */
  readonly written: readonly string[];
  /** Of runs that are not in the view, and deleted. */
  readonly deleted: readonly string[];
}

/**
 * Makes views and copies what the newest revisions say. Objects below `runs/` that are no pointers are left alone. May
 * run beside writers: what it changes it looks at again.
 */
export async function rebuildViews(
  store: ObjectStore,
  { dryRun = false, signal }: RebuildOptions = {},
): Promise<RebuiltViews> {
  const there = await listPointers(store, signal);
  const keys: string[] = [];
  for await (const key of listHeadKeys(store, { signal })) keys.push(key);
  const wanted = new Set<string>();
  const written: string[] = [];
  let right = 0;
  await sideBySide(keys, AT_A_TIME, signal, async (headKey, inner) => {
    const head = await readHeadAt(store, headKey, { signal: inner });
    const saved = head && (await readSavedAt(store, head, { signal: inner }));
    for (const [key, text] of derivedObjects(store, saved)) {
      wanted.add(key);
      if (await holds(store, key, text, inner)) right++;
      else if (dryRun || (await settle(store, key, head!.head.runId, inner))) written.push(key);
    }
  });
  const extra = there.filter((key) => !wanted.has(key));
  const deleted = await sideBySide(extra, AT_A_TIME, signal, async (key, inner) => {
    const runId = await runAt(store, key, inner);
    if (runId !== undefined && (await isWanted(store, key, runId, inner))) return [];
    if (dryRun) return [key];
    if (runId === undefined) await store.delete(key, { signal: inner });
    return runId !== undefined && (await settle(store, key, runId, inner)) ? [] : [key];
  });
  return { runs: keys.length, right, written: written.sort(), deleted: deleted.flat() };
}

async function listPointers(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list({ prefix: VIEWS, signal })) {
    if (isPointerKey(key)) keys.push(key);
  }
  return keys;
}

async function holds(
  store: ObjectStore,
  key: string,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return Buffer.from(await store.bytes(key, { signal })).equals(Buffer.from(text));
  } catch (error) {
    if (isLodeError(error, "not-found")) return false;
    throw error;
  }
}

/**
 * Writes what the newest revision says, or deletes what it does not say, until that is what it says in the end: a
 * writer that commits meanwhile has looked before. True if there is something in the end.
 */
export async function settle(
  store: ObjectStore,
  key: string,
  runId: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (let before: { readonly text: string | undefined } | undefined; ; ) {
    const text = derivedObjects(store, await readSaved(store, runId, { signal })).get(key);
    if (before !== undefined && text === before.text) return text !== undefined;
    if (text === undefined) await store.delete(key, { signal });
    else await putJson(store, key, text, { mode: "overwrite", signal });
    before = { text };
  }
}

/** Whether the run has the pointer by now. */
async function isWanted(
  store: ObjectStore,
  key: string,
  runId: string,
  signal: AbortSignal,
): Promise<boolean> {
  return derivedObjects(store, await readSaved(store, runId, { signal })).has(key);
}

/** Undefined if there is no pointer, or what is there is damaged. */
async function runAt(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return parsePointer(await store.text(key, { signal }), store.uriOf(key)).runId;
  } catch (error) {
    if (isLodeError(error, "not-found", "corrupt-format")) return undefined;
    throw error;
  }
}
