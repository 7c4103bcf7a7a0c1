import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CheckpointManifest,
  encodeManifest,
  encodeShardMeta,
  parseManifest,
  parseShardMeta,
  type ShardMeta,
} from "../../../src/checkpoints/manifest/index.js";
import { isLodeError } from "../../../src/errors.js";
import { S3DLIO_MANIFEST, S3DLIO_TWO_RANKS } from "./s3dlio-manifests.js";
import { manifest, manifests, ownShard, shard } from "./sample-manifests.js";

const URI = "mem://m/manifests/ckpt-1-x.json";

function failure(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (isLodeError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("it did not fail");
}

/** A manifest as text with some of its fields replaced. */
function textWith(more: object): string {
  return JSON.stringify({ ...JSON.parse(S3DLIO_TWO_RANKS), ...more });
}

function textWithShard(more: object): string {
  const [first, second] = JSON.parse(S3DLIO_TWO_RANKS).shards;
  return textWith({ shards: [{ ...first, ...more }, second] });
}

describe("manifests", () => {
  it.each([S3DLIO_MANIFEST, S3DLIO_TWO_RANKS])("of s3dlio come out byte by byte", (text) => {
    expect(encodeManifest(parseManifest(text, URI))).toBe(text);
  });

  it("are what they were after writing and reading", () => {
    fc.assert(
      fc.property(manifests, (written) => {
        const text = encodeManifest(written);
        const read = parseManifest(text, URI);
        expect(read).toEqual({ metrics: undefined, ...written, shards: read.shards });
        expect(read.shards.map(comparable)).toEqual(written.shards.map(comparable));
        expect(encodeManifest(read)).toBe(text);
      }),
    );
  });

  it("have their own fields behind those of s3dlio", () => {
    const own = fc.sample(ownShard(0), 1)[0]!;
    const fields = JSON.parse(encodeManifest(manifest({ shards: [own], metrics: { loss: 0.5 } })));
    expect(Object.keys(fields).slice(8)).toEqual(["user_meta", "metrics", "manifest_crc32c"]);
    expect(Object.keys(fields.shards[0])).toEqual([
      ..."rank key size etag checksum logical_size stored_crc32c block_size block_crc32c".split(
        " ",
      ),
    ]);
  });

  it("of our own are refused with any bit flipped", () => {
    const text = encodeManifest(manifest({ userMeta: { note: "tórch" }, metrics: { loss: 0.25 } }));
    const bytes = Buffer.from(text);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const seal = bit >> 3 >= bytes.length - 36;
      // Without its field, the checksum protects nothing, and the rest is as it was.
      const read = () => parseManifest(damaged.toString("latin1"), URI).metrics;
      if (!seal) expect(() => read(), `bit ${bit}`).toThrow();
    }
  });

  it("keep the shards by rank and take what s3dlio leaves out", () => {
    const read = parseManifest(
      '{"format_version":1,"framework":"x","global_step":0,"epoch":0,"wall_time":"2025-08-26T12:00:01Z","world_size":2,"shards":[{"rank":1,"key":"b","size":0},{"rank":0,"key":"a","size":1}],"status":"complete","later":1}',
      URI,
    );
    expect(read.shards.map(({ key }) => key)).toEqual(["a", "b"]);
    expect(read.shards[0]).toMatchObject({ etag: null, checksum: null, blocks: undefined });
    expect(read.userMeta).toBeNull();
  });

  it.each<[string, string, string | RegExp]>([
    ["no JSON", '{"format_version":', "no JSON"],
    ["no object", "[]", "no object"],
    ["a prototype", textWith({}).replace('"note"', '"__proto__"'), "__proto__"],
    ["an escaped prototype", textWith({}).replace('"note"', '"\\u005f_proto__"'), "__proto__"],
    ["version 0", textWith({ format_version: 0 }), "format_version is 0"],
    ["no framework", textWith({ framework: "" }), "framework is empty"],
    ["a framework that is a number", textWith({ framework: 1 }), "framework is 1, not a text"],
    ["a missing field", textWith({ epoch: undefined }), "epoch is missing"],
    ["a huge step", textWith({ global_step: 2 ** 53 }), "global_step"],
    ["a negative step", textWith({ global_step: -1 }), "global_step is -1"],
    ["no ranks", textWith({ world_size: 0 }), "world_size is 0"],
    ["a wrong time", textWith({ wall_time: "yesterday" }), "wall_time"],
    ["a wrong status", textWith({ status: "done" }), 'status is "done"'],
    ["too few ranks", textWith({ world_size: 3 }), "no shard of rank 2 of 3"],
    ["too many ranks", textWith({ world_size: 1 }), "2 shards for a world size of 1"],
    ["a rank twice", textWithShard({ rank: 1 }), "rank 1 has two shards"],
    ["a huge world", textWith({ world_size: 2 ** 52 }), "no shard of rank 2 of"],
    ["a metric that is a text", textWith({ metrics: { loss: "1" } }), 'metrics.loss is "1"'],
    ["a shard that is none", textWith({ shards: [1] }), "shards[0] is no object"],
    ["a rank that is none", textWithShard({ rank: 0.5 }), "shards[0].rank is 0.5"],
    ["a shard without a size", textWithShard({ size: undefined }), "shards[0].size is missing"],
    ["half of a table", textWithShard({ block_size: 4 }), "shards[0].stored_crc32c is missing"],
  ])("with %s are refused", (_, text, message) => {
    expect(failure(() => parseManifest(text, URI))).toEqual({
      code: "corrupt-format",
      message: expect.stringContaining(message as string),
    });
  });

  it.each([
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a//b",
    "./a",
    "s3://other/x",
    "file:x",
    "a\\..\\b",
    "a\nb",
    "",
    "latest.json",
    "manifests/ckpt-1-x.json",
    "tags/best.json",
    "a".repeat(1025),
  ])("with the shard key %j are refused", (key) => {
    const { code, message } = failure(() => parseManifest(textWithShard({ key }), URI));
    expect(code).toBe("corrupt-format");
    expect(message).toContain("the shard of rank 0 has the key");
  });

  it("of a newer format are refused as such", () => {
    expect(failure(() => parseManifest(textWith({ format_version: 2 }), URI))).toEqual({
      code: "unsupported",
      message: expect.stringContaining("format version 2"),
    });
  });

  it.each<[string, Partial<CheckpointManifest>]>([
    ["a rank too few", { worldSize: 2, shards: [shard(0)] }],
    ["NaN as a metric", { metrics: { loss: Number.NaN } }],
    ["no JSON", { userMeta: { big: 1n } }],
    ["a prototype", { userMeta: JSON.parse('{"a":{"__proto__":1}}') }],
    ["a prototype as a metric", { metrics: JSON.parse('{"__proto__":1}') }],
    ["half of a surrogate pair", { userMeta: "\ud800" }],
    ["a fraction as a step", { globalStep: 0.5 }],
  ])("with %s are not written", (_, more) => {
    expect(failure(() => encodeManifest(manifest(more))).code).toBe("invalid-argument");
  });

  it("take what only looks like half of a surrogate pair", () => {
    const userMeta = "\\ud800 \u2028 \ud83d\ude00";
    expect(parseManifest(encodeManifest(manifest({ userMeta })), URI).userMeta).toBe(userMeta);
  });
});

describe("records of a shard", () => {
  it("are what they were after writing and reading", () => {
    fc.assert(
      fc.property(ownShard(3), (written) => {
        expect(comparable(parseShardMeta(encodeShardMeta(written), URI))).toEqual(
          comparable(written),
        );
      }),
    );
  });

  it.each<[string, object, string]>([
    ["a block too few", { block_crc32c: "" }, "0 checksums for 2 blocks"],
    ["no base64", { block_crc32c: "****" }, "block_crc32c"],
    ["half a number", { block_crc32c: "AAA=" }, "block_crc32c"],
    ["blocks of nothing", { block_size: 0 }, "blocks of 0 bytes"],
    ["another size", { size: 9 }, "9 bytes stored for 8"],
    ["another checksum", { checksum: "crc32c:00000000" }, "two checksums"],
    ["a checksum of capitals", { stored_crc32c: "0A1B2C3D" }, "stored_crc32c"],
  ])("with %s are refused", (_, more, message) => {
    const good = shard(0, {
      size: 8,
      checksum: "crc32c:0a1b2c3d",
      blocks: {
        logicalSize: 8,
        blockSize: 4,
        storedCrc32c: 0x0a1b2c3d,
        blockCrc32c: Uint32Array.of(1, 2),
      },
    });
    const text = JSON.stringify({ ...JSON.parse(encodeShardMeta(good)), ...more });
    expect(failure(() => parseShardMeta(text, URI)).message).toContain(message);
  });
});

function comparable(one: ShardMeta): unknown {
  const { blocks, ...rest } = one;
  return blocks === undefined
    ? rest
    : { ...rest, ...blocks, blockCrc32c: Array.from(blocks.blockCrc32c) };
}
