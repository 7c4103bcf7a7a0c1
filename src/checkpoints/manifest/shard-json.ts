import {
  corruptJson,
  JsonFields,
  type JsonPlace,
  MAX_KEY_BYTES,
  parseJson,
} from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { ShardBlocks, ShardMeta } from "./manifest.js";
import { LATEST_KEY, MANIFESTS, PENDING, TAGS } from "./names.js";

const RESERVED = [LATEST_KEY, MANIFESTS, PENDING, TAGS];

/** One shard as a JSON document of its own, in the style of a manifest. */
export function encodeShardMeta(shard: ShardMeta): string {
  const problem = shardProblem(shard);
  if (problem !== undefined) throw new LodeError({ code: "invalid-argument", message: problem });
  return JSON.stringify(shardToJson(shard), null, 2);
}

/** The shard in such a document. Throws `corrupt-format` that names the field. */
export function parseShardMeta(text: string, uri: string): ShardMeta {
  const what = "record of a shard";
  return shardFromJson(parseJson(text, what, uri), { what, uri, path: "" });
}

/** The shard as a plain object in s3dlio's order of fields, ours behind. */
export function shardToJson(shard: ShardMeta): Record<string, unknown> {
  const { rank, key, size, etag, checksum, blocks } = shard;
  const fields = { rank, key, size, etag, checksum };
  if (blocks === undefined) return fields;
  return {
    ...fields,
    logical_size: blocks.logicalSize,
    stored_crc32c: hex(blocks.storedCrc32c),
    block_size: blocks.blockSize,
    block_crc32c: tableToBase64(blocks.blockCrc32c),
  };
}

export function shardFromJson(value: unknown, place: JsonPlace): ShardMeta {
  const fields = new JsonFields(value, place);
  const shard: ShardMeta = {
    rank: fields.integer("rank"),
    key: fields.text("key"),
    size: fields.integer("size"),
    etag: fields.optionalText("etag"),
    checksum: fields.optionalText("checksum"),
    blocks: blocksFrom(fields),
  };
  const problem = shardProblem(shard);
  if (problem !== undefined) throw corruptJson(place, problem);
  return shard;
}

const BLOCK_FIELDS = ["logical_size", "stored_crc32c", "block_size", "block_crc32c"];

function blocksFrom(fields: JsonFields): ShardBlocks | undefined {
  if (!BLOCK_FIELDS.some((name) => fields.has(name))) return undefined;
  const stored = fields.text("stored_crc32c");
  if (!/^[0-9a-f]{8}$/.test(stored)) throw fields.wrong("stored_crc32c", "8 hexadecimal digits");
  const table = tableFromBase64(fields.text("block_crc32c"));
  if (table === undefined) throw fields.wrong("block_crc32c", "base64 of 32-bit numbers");
  return {
    logicalSize: fields.integer("logical_size"),
    storedCrc32c: Number.parseInt(stored, 16),
    blockSize: fields.integer("block_size"),
    blockCrc32c: table,
  };
}

/** What is wrong with a shard, as the end of a sentence; undefined if nothing is. */
export function shardProblem({ rank, key, size, blocks, checksum }: ShardMeta): string | undefined {
  const what = `the shard of rank ${rank}`;
  const keyFault = keyProblem(key);
  if (keyFault !== undefined) {
    return `${what} has the key ${JSON.stringify(key.slice(0, 200))}, ${keyFault}`;
  }
  if (blocks === undefined) return undefined;
  const { logicalSize, blockSize, blockCrc32c, storedCrc32c } = blocks;
  if (blockSize < 1) return `${what} has blocks of ${blockSize} bytes`;
  const count = Math.ceil(logicalSize / blockSize);
  if (blockCrc32c.length !== count) {
    return `${what} has ${blockCrc32c.length} checksums for ${count} blocks`;
  }
  if (key.endsWith(".zst")) return undefined;
  if (size !== logicalSize) {
    return `${what} has ${size} bytes stored for ${logicalSize}, and is not compressed`;
  }
  if (checksum !== null && checksum !== `crc32c:${hex(storedCrc32c)}`) {
    return `${what} is not compressed, and has two checksums: ${checksum.slice(0, 40)} and ${hex(storedCrc32c)}`;
  }
  return undefined;
}

/** A key from a manifest must name an object inside the store, and none that is not a shard's. */
function keyProblem(key: string): string | undefined {
  if (key === "") return "which is empty";
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `which is longer than ${MAX_KEY_BYTES} bytes`;
  if (/[\p{Cc}\p{Cs}\\]/u.test(key)) return "which has characters that no key of a shard has";
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(key)) return "which is a URI; keys are relative";
  if (key.split("/").some((part) => part === "" || part === "." || part === "..")) {
    return "which leads out of its place";
  }
  const reserved = RESERVED.find((name) => key.startsWith(name));
  return reserved === undefined ? undefined : `which is kept for ${reserved}`;
}

export function hex(crc: number): string {
  return (crc >>> 0).toString(16).padStart(8, "0");
}

/** Little-endian numbers of 32 bits, in base64. */
function tableToBase64(table: Uint32Array): string {
  const bytes = Buffer.alloc(table.length * 4);
  for (const [index, crc] of table.entries()) bytes.writeUInt32LE(crc, index * 4);
  return bytes.toString("base64");
}

function tableFromBase64(text: string): Uint32Array | undefined {
  const bytes = Buffer.from(text, "base64");
  // Buffer passes over what is no base64: only what comes out again as it was is taken.
  if (bytes.length % 4 !== 0 || bytes.toString("base64") !== text) return undefined;
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.readUInt32LE(index * 4),
  );
}
