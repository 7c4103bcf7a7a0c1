import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkpointName,
  compareWallTimes,
  formatWallTime,
  type LayoutStrategy,
  manifestKey,
  nameOfShardKey,
  nameText,
  newCheckpointId,
  parseManifestKey,
  parseWallTime,
  shardKey,
} from "../../../src/checkpoints/manifest/index.js";

const NAME = { step: 100, id: "20250826-120000" };

describe("names", () => {
  it("are found again in the key of the manifest", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/),
        (step, id) => {
          fc.pre(!id.endsWith(".json"));
          const name = checkpointName(step, id);
          expect(parseManifestKey(manifestKey(name))).toEqual(name);
        },
      ),
    );
  });

  it.each([
    "manifests/ckpt-1-.json",
    "manifests/ckpt--1-x.json",
    "manifests/ckpt-01-x.json",
    "manifests/ckpt-9007199254740993-x.json",
    "manifests/ckpt-1-a/b.json",
    "manifests/ckpt-1-x",
    "manifests/other.json",
    "ckpt-1-x.json",
  ])("are not found in %s", (key) => {
    expect(parseManifestKey(key)).toBeUndefined();
  });

  it.each<[number, string]>([
    [-1, "x"],
    [0.5, "x"],
    [1, ""],
    [1, "-x"],
    [1, "a/b"],
    [1, ".."],
    [1, "x.json"],
    [1, "ä"],
    [1, "x".repeat(129)],
  ])("of step %d and id %j are refused", (step, id) => {
    expect(() => checkpointName(step, id)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("have the time of day and eight random digits", () => {
    const date = new Date("2026-01-02T03:04:05.678Z");
    expect(newCheckpointId(date, Uint8Array.of(0, 1, 0xab, 0xff))).toBe("20260102-030405-0001abff");
    expect(newCheckpointId()).toMatch(/^\d{8}-\d{6}-[0-9a-f]{8}$/);
  });
});

describe("layouts", () => {
  it.each<[LayoutStrategy, number, string]>([
    ["flat", 0, "shards/"],
    ["flat", 4096, "shards/"],
    ["round-robin", 0, "shards/rr/00/"],
    ["round-robin", 15, "shards/rr/0f/"],
    ["round-robin", 17, "shards/rr/01/"],
    ["binary", 0, "shards/bin/0000/"],
    ["binary", 15, "shards/bin/0000/"],
    ["binary", 16, "shards/bin/0001/"],
    ["binary", 255, "shards/bin/1111/"],
    ["binary", 256, "shards/bin/1000/"],
    ["binary", 1023, "shards/bin/1111/"],
  ])("%s puts rank %d under %s", (layout, rank, prefix) => {
    const key = shardKey(layout, NAME, rank);
    expect(key).toBe(`${prefix}${nameText(NAME)}/rank-${rank}.bin`);
    expect(nameOfShardKey(key)).toEqual(NAME);
  });
});

describe("wall times", () => {
  it("are written as s3dlio does", () => {
    expect(formatWallTime(new Date("2025-08-26T12:00:01.123Z"))).toBe(
      "2025-08-26T12:00:01.123+00:00",
    );
    expect(formatWallTime(new Date("2025-08-26T12:00:01Z"))).toBe("2025-08-26T12:00:01+00:00");
  });

  it("are compared as times, not as texts", () => {
    const inOrder = [
      "2025-08-26T12:00:01+00:00",
      "2025-08-26T12:00:01.000000001+00:00",
      "2025-08-26T12:00:01.1Z",
      "2025-08-26T12:00:01.100000+00:00",
      "2025-08-26T10:00:02-02:00",
    ];
    expect([...inOrder].reverse().sort(compareWallTimes)).toEqual([
      inOrder[0],
      inOrder[1],
      inOrder[3],
      inOrder[2],
      inOrder[4],
    ]);
    expect(compareWallTimes(inOrder[2]!, inOrder[3]!)).toBe(0);
  });

  it.each([
    "",
    "2025-13-01T00:00:00Z",
    "2025-08-26 12:00",
    "2025-08-26T12:00:01",
    "2025-08-26T12:00:01.1234567890Z",
  ])("%j is none", (text) => {
    expect(parseWallTime(text)).toBeUndefined();
  });
});
