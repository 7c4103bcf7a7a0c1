import { generateObject } from "../../datagen/index.js";
import { isLodeError, LodeError, throwIfAborted } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { OpLogEntry } from "../entry.js";
import { writeContent } from "./perform-operation.js";
import { Replay } from "./replay.js";
import { type ReplayOptions, resolveReplayOptions } from "./replay-options.js";
import { StoreTable } from "./store-table.js";
import { TargetMap } from "./target-map.js";

/** Keys that can be kept in mind, written ones among them: about 200 MB. */
const MAX_KEYS = 1_000_000;

/** What a replay reads before it writes it, and what became of that. */
export interface PrepareResult {
  /** Objects that the replay needs. */
  readonly objects: number;
  readonly bytes: number;
  /** Of them, those that were written; none in a dry run. */
  readonly written: number;
  readonly writtenBytes: number;
  /** Those that were there, but are shorter than what the log read of them. They are left alone. */
  readonly tooShort: number;
}

export interface PrepareOptions extends ReplayOptions {
  readonly onPrepared?: ((done: PrepareResult) => void) | undefined;
}

interface Needed {
  readonly uri: string;
  readonly key: string;
  size: number;
}

/**
 * Writes what the rows of a log read before they write it, where it is not there yet: each object as
 * long as the furthest byte that was read. Nothing that is there is changed. With `dryRun` it only
 * counts. Throws the first failure, and `invalid-argument` for a log with more than a million keys.
 */
export async function prepareReplay(
  batches: AsyncIterable<readonly OpLogEntry[]>,
  options: PrepareOptions,
): Promise<PrepareResult> {
  const { concurrency, seed, signal, openStore } = resolveReplayOptions(options);
  const needed = await neededObjects(batches, options);
  const bytes = needed.reduce((sum, { size }) => sum + size, 0);
  const result = { objects: needed.length, bytes, written: 0, writtenBytes: 0, tooShort: 0 };
  if (options.dryRun === true) return result;
  const stores = new StoreTable(openStore);
  let next = 0;
  let hasFailed = false;
  async function worker(): Promise<void> {
    for (let index = next++; index < needed.length && !hasFailed; index = next++) {
      throwIfAborted(signal, "prepare");
      const { uri, key, size } = needed[index]!;
      const store = await stores.store(uri);
      const content = generateObject({ type: "RAW", seed: `${seed} prepared`, index, size });
      const there = await sizeOf(store, key, signal);
      if (there === undefined && (await created(store, key, content, signal))) {
        result.written++;
        result.writtenBytes += size;
      } else if (there !== undefined && there < size) result.tooShort++;
      options.onPrepared?.(result);
    }
  }
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  const [failed] = (await Promise.allSettled(workers)).filter(
    ({ status }) => status === "rejected",
  );
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  return result;
}

/** What is read before it is written, by the order in which the replay would go. */
async function neededObjects(
  batches: AsyncIterable<readonly OpLogEntry[]>,
  options: PrepareOptions,
): Promise<Needed[]> {
  if (options.to === undefined && !options.maps?.length && options.inPlace !== true) {
    throw new LodeError({
      code: "invalid-argument",
      message:
        "preparing writes objects: say where to with --to or --map, or give --in-place for the log's own places",
    });
  }
  const targets = new TargetMap(options);
  const known = new Map<string, Needed | "written">();

  function note(row: OpLogEntry, file: string, size: number | "written"): void {
    for (const { uri, key } of targets.places(row, file)) {
      const name = `${uri}\n${key}`;
      const before = known.get(name);
      if (before === undefined) {
        if (known.size >= MAX_KEYS) throw tooManyKeys();
        known.set(name, size === "written" ? size : { uri, key, size });
      } else if (before !== "written" && size !== "written") {
        before.size = Math.max(before.size, size);
      }
    }
  }

  function noteRow(row: OpLogEntry): void {
    if (row.error !== "") return;
    if (row.op === "GET") note(row, row.file, (row.offset ?? 0) + row.bytes);
    else if (row.op === "STAT") note(row, row.file, row.bytes);
    else if (row.op === "COPY" || row.op === "RENAME") note(row, row.source ?? "", row.bytes);
    if (WRITES.includes(row.op)) note(row, row.file, "written");
  }

  const plan = new Replay({
    ...options,
    dryRun: true,
    onProgress: undefined,
    onOperation(operation) {
      if (operation.status === "planned") noteRow(operation.row);
    },
  });
  await plan.run(batches);
  return [...known.values()].filter((item) => item !== "written");
}

/** Words behind which an object is there. */
const WRITES = ["PUT", "PUTPART", "MULTIPART_START", "COPY", "RENAME"];

async function sizeOf(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    return (await store.head(key, { signal })).size;
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

/** Writes an object unless there is one by now. */
async function created(
  store: ObjectStore,
  key: string,
  content: ReturnType<typeof generateObject>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { maxPutBytes, putIfAbsent, multipartConditional } = store.capabilities;
  const creates = content.length <= maxPutBytes ? putIfAbsent : multipartConditional;
  const mode = creates ? "create" : "overwrite";
  try {
    await writeContent(store, key, content, { mode, signal });
    return true;
  } catch (error) {
    if (isLodeError(error, "already-exists")) return false;
    throw error;
  }
}

function tooManyKeys(): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the log has more than ${MAX_KEYS} keys, too many to prepare: take fewer rows with --limit or --op`,
  });
}
