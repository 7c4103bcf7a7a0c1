import {
  CONCURRENT_READS,
  corruptJson,
  JsonFields,
  type JsonPlace,
  parseJson,
  sideBySide,
} from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import type { CheckpointManifest, CheckpointName, ShardMeta } from "./manifest.js";
import { pendingPrefix } from "./names.js";
import { shardFromJson, shardToJson } from "./shard-json.js";

const WHAT = "record of a rank";

/** What a rank leaves when its shard is stored, until the checkpoint is committed. */
export interface PendingRecord
  extends Pick<
    CheckpointManifest,
    "formatVersion" | "framework" | "globalStep" | "epoch" | "wallTime" | "worldSize"
  > {
  readonly shard: ShardMeta;
}

export function pendingKey(name: CheckpointName, rank: number): string {
  return `${pendingPrefix(name)}rank-${rank}.json`;
}

/** The rank whose record has this key; undefined for any other key. */
export function parsePendingKey(name: CheckpointName, key: string): number | undefined {
  const match = /^rank-(0|[1-9]\d{0,14})\.json$/.exec(key.slice(pendingPrefix(name).length));
  return match === null ? undefined : Number(match[1]);
}

/** Throws `already-exists` if the rank has left one before. */
export async function putPending(
  store: ObjectStore,
  name: CheckpointName,
  record: PendingRecord,
  options: CallOptions = {},
): Promise<void> {
  const key = pendingKey(name, record.shard.rank);
  await putJson(store, key, encodePending(record), { ...options, mode: "create" });
}

/**
 * The records that are there by now, by rank. Those in `known` are not read again. Throws
 * `corrupt-format`.
 */
export async function readPending(
  store: ObjectStore,
  name: CheckpointName,
  options: CallOptions & { readonly known?: ReadonlyMap<number, PendingRecord> | undefined } = {},
): Promise<Map<number, PendingRecord>> {
  const records = new Map(options.known);
  const listed: { readonly rank: number; readonly key: string }[] = [];
  for await (const { key } of store.list({
    prefix: pendingPrefix(name),
    signal: options.signal,
  })) {
    const rank = parsePendingKey(name, key);
    if (rank !== undefined && !records.has(rank)) listed.push({ rank, key });
  }
  await sideBySide(listed, CONCURRENT_READS, options.signal, async ({ rank, key }, signal) => {
    try {
      const record = parsePending(await store.text(key, { signal }), store.uriOf(key));
      if (record.shard.rank !== rank) {
        const place = { what: WHAT, uri: store.uriOf(key), path: "" };
        throw corruptJson(place, `it tells of rank ${record.shard.rank}`);
      }
      records.set(rank, record);
    } catch (error) {
      // Deleted since it was listed: the checkpoint is committed.
      if (!isLodeError(error, "not-found")) throw error;
    }
  });
  return records;
}

export function encodePending(record: PendingRecord): string {
  return JSON.stringify(
    {
      format_version: record.formatVersion,
      framework: record.framework,
      global_step: record.globalStep,
      epoch: record.epoch,
      wall_time: record.wallTime,
      world_size: record.worldSize,
      shard: shardToJson(record.shard),
    },
    null,
    2,
  );
}

export function parsePending(text: string, uri: string): PendingRecord {
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(text, WHAT, uri), place);
  return {
    formatVersion: fields.integer("format_version"),
    framework: fields.text("framework"),
    globalStep: fields.integer("global_step"),
    epoch: fields.integer("epoch"),
    wallTime: fields.text("wall_time"),
    worldSize: fields.integer("world_size"),
    shard: shardFromJson(fields.value("shard"), { ...place, path: "shard." }),
  };
}
