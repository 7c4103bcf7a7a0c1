import {
  corruptJson,
  crc32c,
  JsonFields,
  type JsonPlace,
  parseJson,
  refuseProto,
} from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CheckpointManifest } from "./manifest.js";
import { hex, shardFromJson, shardProblem, shardToJson } from "./shard-json.js";
import { parseWallTime } from "./wall-time.js";

/** What this library writes, and the newest that it reads. */
export const FORMAT_VERSION = 1;

const WHAT = "checkpoint manifest";
/** The last field of a manifest with fields of Lodestore's own: the CRC-32C of the text without it. */
const SEAL = /,\n {2}"manifest_crc32c": "([0-9a-f]{8})"\n\}$/;

/**
 * The manifest as JSON in s3dlio's form: its order of fields, two spaces, no newline at the end. Where it
 * has fields of Lodestore's own, they stand behind those of s3dlio, and a checksum of the text stands
 * last. Numbers in `userMeta` stand as JavaScript writes them. Throws `invalid-argument` for what a
 * reader would refuse.
 */
export function encodeManifest(manifest: CheckpointManifest): string {
  const problem = manifestProblem(manifest);
  if (problem !== undefined) throw unwritable(problem);
  const text = stringify(manifest);
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text)) {
    throw unwritable("a text in it has half of a surrogate pair");
  }
  const own = manifest.metrics ?? manifest.shards.find((shard) => shard.blocks !== undefined);
  if (own === undefined) return text;
  return `${text.slice(0, -2)},\n  "manifest_crc32c": "${hex(crc32c(Buffer.from(text)))}"\n}`;
}

function stringify(manifest: CheckpointManifest): string {
  const fields = {
    format_version: manifest.formatVersion,
    framework: manifest.framework,
    global_step: manifest.globalStep,
    epoch: manifest.epoch,
    wall_time: manifest.wallTime,
    world_size: manifest.worldSize,
    shards: manifest.shards.map(shardToJson),
    status: manifest.status,
    user_meta: manifest.userMeta ?? null,
    // JSON leaves undefined out.
    metrics: manifest.metrics,
  };
  try {
    return JSON.stringify(fields, refuseProto, 2);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\s+/g, " ") : String(cause);
    throw unwritable(`userMeta or metrics cannot stand in it: ${why}`, cause);
  }
}

/**
 * The manifest in the text, with its shards by rank. Unknown fields are passed over. Throws
 * `corrupt-format` that names the field, `integrity` if the manifest has a checksum of itself and it
 * differs, and `unsupported` for a format version that is newer than {@link FORMAT_VERSION}.
 */
export function parseManifest(text: string, uri: string): CheckpointManifest {
  checkSeal(text, uri);
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(text, WHAT, uri), place);
  const formatVersion = fields.integer("format_version");
  if (formatVersion > FORMAT_VERSION) {
    throw new LodeError({
      code: "unsupported",
      message: `${uri} has format version ${formatVersion}, and ${FORMAT_VERSION} is the newest that is known here; update Lodestore`,
      uri,
    });
  }
  const status = fields.text("status");
  if (status !== "complete" && status !== "incomplete") {
    throw fields.wrong("status", '"complete" or "incomplete"');
  }
  const manifest: CheckpointManifest = {
    formatVersion,
    framework: fields.text("framework"),
    globalStep: fields.integer("global_step"),
    epoch: fields.integer("epoch"),
    wallTime: fields.text("wall_time"),
    worldSize: fields.integer("world_size"),
    shards: fields
      .list("shards")
      .map((shard, index) => shardFromJson(shard, { ...place, path: `shards[${index}].` }))
      .sort((a, b) => a.rank - b.rank),
    status,
    userMeta: fields.value("user_meta") ?? null,
    metrics: metricsFrom(fields),
  };
  const problem = manifestProblem(manifest);
  if (problem !== undefined) throw corruptJson(place, problem);
  return manifest;
}

function checkSeal(text: string, uri: string): void {
  const match = SEAL.exec(text);
  if (match === null) return;
  const actual = hex(crc32c(Buffer.from(`${text.slice(0, match.index)}\n}`)));
  if (actual === match[1]) return;
  throw new LodeError({
    code: "integrity",
    message: `${uri} is damaged: its checksum is ${actual}, and it says ${match[1]}; restore it, or delete the checkpoint`,
    uri,
  });
}

function metricsFrom(fields: JsonFields): Record<string, number> | undefined {
  if (!fields.has("metrics")) return undefined;
  const metrics = fields.object("metrics");
  return Object.fromEntries(
    metrics.entries().map(([name, value]) => {
      if (typeof value !== "number") throw metrics.wrong(name, "a number");
      return [name, value];
    }),
  );
}

/** What is wrong with a manifest, as a sentence; undefined if nothing is. The rules are s3dlio's. */
export function manifestProblem(manifest: CheckpointManifest): string | undefined {
  const { formatVersion, framework, globalStep, epoch, worldSize, shards, metrics } = manifest;
  if (formatVersion < 1) return `format_version is ${formatVersion}, not 1 or more`;
  if (framework === "") return "framework is empty";
  for (const [field, value] of Object.entries({ global_step: globalStep, epoch })) {
    if (!Number.isSafeInteger(value) || value < 0) return `${field} is ${value}, no integer from 0`;
  }
  if (parseWallTime(manifest.wallTime) === undefined) {
    return `wall_time is ${JSON.stringify(manifest.wallTime.slice(0, 60))}, no time of RFC 3339`;
  }
  if (!Number.isSafeInteger(worldSize) || worldSize < 1) {
    return `world_size is ${worldSize}, not 1 or more`;
  }
  const ranks = new Set<number>();
  const keys = new Set<string>();
  for (const shard of shards) {
    const problem = shardProblem(shard);
    if (problem !== undefined) return problem;
    if (ranks.has(shard.rank)) return `rank ${shard.rank} has two shards`;
    if (keys.has(shard.key)) return `the shard ${shard.key} is of two ranks`;
    ranks.add(shard.rank);
    keys.add(shard.key);
  }
  if (manifest.status === "complete") {
    for (let rank = 0; rank < worldSize; rank++) {
      if (!ranks.has(rank))
        return `it is complete, and has no shard of rank ${rank} of ${worldSize}`;
    }
    if (ranks.size !== worldSize) {
      return `it is complete, and has ${ranks.size} shards for a world size of ${worldSize}`;
    }
  }
  for (const [name, value] of Object.entries(metrics ?? {})) {
    if (!Number.isFinite(value)) return `the metric ${JSON.stringify(name)} is ${value}, no number`;
  }
  return undefined;
}

function unwritable(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `a checkpoint manifest cannot be written: ${why}`,
    cause,
  });
}
