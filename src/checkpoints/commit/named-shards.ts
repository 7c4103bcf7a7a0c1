import { randomBytes } from "node:crypto";
import type { ByteRange } from "../../core/index.js";
import { fullJitter, resolveRange, systemClock, validateRange } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import type { CheckpointContext } from "../context.js";
import { encodeShardMeta, parseShardMeta, type ShardMeta } from "../manifest/index.js";
import { ShardReader, type ShardSource, writeShard } from "../shards/index.js";
import { cleaned, discard } from "./discard.js";

const NAMED = "named/";

/** Rounds of those who replace one shard at once; each lets one of them through. */
const ATTEMPTS = 100;
const WAIT = { baseDelayMs: 5, maxDelayMs: 1000 };

/** Reads that meet a shard as it is replaced begin anew this often. */
const READ_ATTEMPTS = 5;

/** Longest name, encoded; a folder of a disk takes 255. */
const MAX_NAME_LENGTH = 240;

/** The record of a named shard and its version. */
interface CurrentShard {
  readonly meta: ShardMeta;
  readonly etag: string;
}

/**
 * Stores a shard under a name, without a manifest: s3dlio's simple form. One that is there is
 * replaced at once: readers get the old bytes or the new ones, never a mixture.
 */
export async function putNamedShard(
  context: CheckpointContext,
  name: string,
  rank: number,
  source: ShardSource,
  signal: AbortSignal | undefined,
): Promise<ShardMeta> {
  const { store } = context;
  const recordKey = namedKey(name, rank, "json");
  // A key of its own for each version, so that what is being read is not overwritten.
  const key = namedKey(name, rank, `${randomBytes(8).toString("hex")}.bin`);
  const meta = await writeShard(store, { rank, key }, source, {
    compressionLevel: context.compressionLevel,
    blockSize: context.blockSize,
    concurrency: context.concurrency,
    signal,
  });
  let replaced: CurrentShard | undefined;
  try {
    replaced = await swapRecord(store, recordKey, meta, signal);
  } catch (error) {
    // Where the answer was lost, the record may point to it.
    if (!isLodeError(error) || isLodeError(error, "connection", "timeout", "aborted")) throw error;
    throw await cleaned(store, error, [meta.key]);
  }
  if (replaced !== undefined && replaced.meta.key !== meta.key) {
    const left = await discard(store, [replaced.meta.key]);
    if (left !== undefined) {
      context.onWarning({
        code: "leftover",
        message: `${store.uriOf(replaced.meta.key)} is replaced, but could not be deleted (${left.reason.message})`,
      });
    }
  }
  return meta;
}

/** The bytes of a named shard, or a range of them. Throws `not-found`. */
export async function getNamedShard(
  context: CheckpointContext,
  name: string,
  rank: number,
  options: {
    readonly range?: ByteRange | undefined;
    readonly verify?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Uint8Array> {
  const { range, ...readOptions } = options;
  if (range !== undefined) validateRange(range);
  const recordKey = namedKey(name, rank, "json");
  let { meta } = await readRecord(context.store, recordKey, options.signal);
  for (let attempt = 1; ; attempt++) {
    try {
      const reader = new ShardReader(context.store, meta, {
        ...readOptions,
        concurrency: context.concurrency,
      });
      if (range === undefined) return await reader.bytes();
      const { start, end } = resolveRange(range, await reader.size());
      return await reader.range(start, end);
    } catch (error) {
      if (!isLodeError(error, "integrity") || attempt === READ_ATTEMPTS) throw error;
      const now = await readRecord(context.store, recordKey, options.signal);
      if (now.meta.key === meta.key) throw error;
      meta = now.meta;
    }
  }
}

/** Makes the record name this shard; gives what it named before. */
async function swapRecord(
  store: ObjectStore,
  key: string,
  meta: ShardMeta,
  signal: AbortSignal | undefined,
): Promise<CurrentShard | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const current = await currentRecord(store, key, signal);
    const mode = current === undefined ? "create" : { ifMatch: current.etag };
    try {
      await putJson(store, key, encodeShardMeta(meta), {
        mode: current === undefined || store.capabilities.putIfMatch ? mode : "overwrite",
        signal,
      });
      return current;
    } catch (error) {
      if (!isLodeError(error, "already-exists", "precondition-failed")) throw error;
    }
    await systemClock.sleep(fullJitter(WAIT, attempt, Math.random), signal);
  }
  throw new LodeError({
    code: "precondition-failed",
    retry: "exhausted",
    message: `${store.uriOf(key)} was replaced by others at each of ${ATTEMPTS} attempts`,
    uri: store.uriOf(key),
  });
}

async function currentRecord(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<CurrentShard | undefined> {
  try {
    return await readRecord(store, key, signal);
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

async function readRecord(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<CurrentShard> {
  const { meta, body } = await store.get(key, { signal });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString("utf8");
  return { meta: parseShardMeta(text, store.uriOf(key)), etag: meta.etag };
}

function namedKey(name: string, rank: number, suffix: string): string {
  if (!Number.isSafeInteger(rank) || rank < 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${rank} is no rank of a shard; give an integer from 0`,
    });
  }
  return `${NAMED}${encodedName(name)}/rank-${rank}.${suffix}`;
}

/**
 * One segment of a key that no other name has: percent-encoded but for letters, digits, `_`, `-`, and
 * dots that are not the first character.
 */
function encodedName(name: string): string {
  const encoded =
    Buffer.from(name).toString() === name
      ? encodeURIComponent(name).replace(
          /^\.|[!'()*~]/g,
          (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
        )
      : "";
  if (encoded !== "" && encoded.length <= MAX_NAME_LENGTH) return encoded;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(name.slice(0, 80))} cannot be the name of a shard: give a text that has 1 to ${MAX_NAME_LENGTH} characters when it is percent-encoded`,
  });
}
