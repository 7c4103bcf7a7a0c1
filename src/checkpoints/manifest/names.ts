import { randomBytes } from "node:crypto";
import { LodeError } from "../../errors.js";
import type { CheckpointName, LayoutStrategy } from "./manifest.js";

export const MANIFESTS = "manifests/";
export const PENDING = "pending/";
export const TAGS = "tags/";
export const SHARDS = "shards/";
export const LATEST_KEY = "latest.json";

/** What callers may give as id or tag. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** What is read: the ids of others too, as long as they keep to one folder. */
const NAME = /^ckpt-(0|[1-9]\d{0,15})-([^/\\\p{Cc}]+)$/u;

/** Names a checkpoint. Throws `invalid-argument` for a step or an id that keys cannot have. */
export function checkpointName(step: number, id: string): CheckpointName {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw invalid(`${step} is no step of a checkpoint; give an integer from 0 to 2^53 - 1`);
  }
  checkId(id, "the id of a checkpoint");
  return { step, id };
}

/** Throws `invalid-argument` unless the text can be an id or a tag; `what` names it in the message. */
export function checkId(id: string, what: string): void {
  if (ID.test(id) && !id.endsWith(".json")) return;
  const shown = JSON.stringify(id.length > 80 ? `${id.slice(0, 77)}...` : id);
  throw invalid(
    `${shown} cannot be ${what}: give 1 to 128 of A-Z a-z 0-9 . _ -, a letter or digit first, without .json at the end`,
  );
}

/** `YYYYMMDD-HHMMSS-` of UTC and eight random hexadecimal digits. */
export function newCheckpointId(date = new Date(), random: Uint8Array = randomBytes(4)): string {
  const [day, time] = date.toISOString().slice(0, 19).replace(/[-:]/g, "").split("T");
  return `${day}-${time}-${Buffer.from(random.subarray(0, 4)).toString("hex")}`;
}

/** `ckpt-{step}-{id}`, as it stands in keys. */
export function nameText(name: CheckpointName): string {
  return `ckpt-${name.step}-${name.id}`;
}

/** The name in `ckpt-{step}-{id}`; undefined for any other text. */
export function parseName(text: string): CheckpointName | undefined {
  const match = NAME.exec(text);
  const step = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(step)) return undefined;
  return { step, id: match[2]! };
}

export function sameName(a: CheckpointName, b: CheckpointName): boolean {
  return a.step === b.step && a.id === b.id;
}

export function manifestKey(name: CheckpointName): string {
  return `${MANIFESTS}${nameText(name)}.json`;
}

/** The checkpoint whose manifest has this key; undefined for any other key. */
export function parseManifestKey(key: string): CheckpointName | undefined {
  if (!key.startsWith(MANIFESTS) || !key.endsWith(".json")) return undefined;
  return parseName(key.slice(MANIFESTS.length, -".json".length));
}

export function tagKey(tag: string): string {
  checkId(tag, "a tag");
  return `${TAGS}${tag}.json`;
}

/** Under which the ranks of one checkpoint leave their records; ends in `/`. */
export function pendingPrefix(name: CheckpointName): string {
  return `${PENDING}${nameText(name)}/`;
}

/**
 * Where a rank's shard lies, without `.zst`. The rules are s3dlio's: `round-robin` spreads ranks over 16
 * prefixes, `binary` takes the first four digits of the rank in binary of at least eight.
 */
export function shardKey(layout: LayoutStrategy, name: CheckpointName, rank: number): string {
  if (!Number.isSafeInteger(rank) || rank < 0) {
    throw invalid(`${rank} is no rank of a checkpoint; give an integer from 0`);
  }
  return `${SHARDS}${SPREAD[layout](rank)}${nameText(name)}/rank-${rank}.bin`;
}

const SPREAD: Readonly<Record<LayoutStrategy, (rank: number) => string>> = {
  flat: () => "",
  "round-robin": (rank) => `rr/${(rank % 16).toString(16).padStart(2, "0")}/`,
  binary: (rank) => `bin/${rank.toString(2).padStart(8, "0").slice(0, 4)}/`,
};

/** The checkpoint in whose folder a shard's key lies; undefined for a key of another kind. */
export function nameOfShardKey(key: string): CheckpointName | undefined {
  if (!key.startsWith(SHARDS)) return undefined;
  const parts = key.split("/");
  return parts.length < 3 ? undefined : parseName(parts[parts.length - 2]!);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
