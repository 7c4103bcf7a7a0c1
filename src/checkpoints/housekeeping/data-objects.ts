import type { ObjectStore } from "../../storage/index.js";
import {
  type CheckpointName,
  nameOfShardKey,
  PENDING,
  parseName,
  SHARDS,
} from "../manifest/index.js";
import type { Leftover } from "./leftover.js";

const NAMED = "named/";
/** Data of a named shard; with `.json` the first group is the key of its record. */
const NAMED_DATA = /^(named\/[^/]+\/rank-\d+)\.[^/.]+\.bin(?:\.zst)?$/;

/** Everything that a save writes before it is committed. What has another name is not ours. */
export async function* dataObjects(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<Leftover, void> {
  for await (const { key, size, lastModified } of store.list({ prefix: SHARDS, signal })) {
    const name = nameOfShardKey(key);
    if (name === undefined) continue;
    yield { kind: "shard", key, bytes: size, changedAt: lastModified, name, uploadId: undefined };
  }
  for await (const { key, size, lastModified } of store.list({ prefix: PENDING, signal })) {
    const name = nameOfPendingKey(key);
    if (name === undefined) continue;
    yield { kind: "record", key, bytes: size, changedAt: lastModified, name, uploadId: undefined };
  }
  for await (const { key, size, lastModified } of store.list({ prefix: NAMED, signal })) {
    if (recordKeyOf(key) === undefined) continue;
    yield {
      kind: "named-shard",
      key,
      bytes: size,
      changedAt: lastModified,
      name: undefined,
      uploadId: undefined,
    };
  }
  if (!store.capabilities.resumableMultipart) return;
  for await (const { key, id, startedAt } of store.listMultiparts({ signal })) {
    const name = nameOfShardKey(key);
    if (name === undefined && recordKeyOf(key) === undefined) continue;
    yield { kind: "upload", key, bytes: 0, changedAt: startedAt, name, uploadId: id };
  }
}

/** The record that says which data a named shard has; undefined if the key is of no such data. */
export function recordKeyOf(key: string): string | undefined {
  const match = NAMED_DATA.exec(key);
  return match === null ? undefined : `${match[1]}.json`;
}

function nameOfPendingKey(key: string): CheckpointName | undefined {
  return parseName(key.slice(PENDING.length).split("/")[0] ?? "");
}
