import { describe, expect, it } from "vitest";
import {
  legacyPlace,
  readLegacyManifest,
  readV1Manifest,
  utcTime,
} from "../../../../src/runs/legacy/layout/index.js";

const URI = "mem://x/manifests/r.json";
const HASH = "ab".repeat(32);

function manifest(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    run_id: "r",
    run_type: "evaluation",
    created_at: "2026-11-20T19:39:26",
    inputs: {},
    outputs: {},
    model_path: null,
    model_hash: null,
    model_metadata: {},
    project: null,
    tags: {},
    metrics: {},
    storage_locations: [],
    ...changes,
  });
}

describe("readLegacyManifest", () => {
  it("keeps fields that mltrack did not write", () => {
    expect(readLegacyManifest(manifest({ schema_version: 3 }), URI).more).toEqual({
      schema_version: 3,
    });
  });

  it("reads references, with names of columns that are no texts", () => {
    const reference = {
      hash: HASH,
      storage_path: "/tmp/x/data.parquet",
      size_bytes: 7,
      format: "parquet",
      shape: [2, 2],
      columns: [0, ["a", 1]],
      dtype: { 0: "int64" },
      created_at: "2026-11-20T19:39:26.5",
    };
    const { inputs } = readLegacyManifest(manifest({ inputs: { x: reference } }), URI);
    expect(inputs).toEqual([
      {
        name: "x",
        hash: HASH,
        storagePath: "/tmp/x/data.parquet",
        size: 7,
        format: "parquet",
        shape: [2, 2],
        columns: ["0", '["a",1]'],
        dtype: { 0: "int64" },
        createdAt: "2026-11-20T19:39:26.5Z",
      },
    ]);
  });

  it("reads NaN and the infinities as metrics", () => {
    const text = manifest({ metrics: { a: 0.5 } }).replace("0.5", "NaN");
    expect(readLegacyManifest(text, URI).metrics).toEqual({ a: Number.NaN });
  });

  it("takes tags that are no texts as JSON", () => {
    expect(readLegacyManifest(manifest({ tags: { n: 5 } }), URI).tags).toEqual({ n: "5" });
  });

  it.each([
    ["run_type", "other"],
    ["run_id", "a\nb"],
    ["created_at", "yesterday"],
    ["inputs", { x: { hash: 5 } }],
    ["inputs", []],
    ["metrics", { a: "b" }],
    ["storage_locations", {}],
  ])("names %s that is %j", (field, value) => {
    expect(() => readLegacyManifest(manifest({ [field]: value }), URI)).toThrow(
      expect.objectContaining({
        code: "corrupt-format",
        uri: URI,
        message: expect.stringContaining(field === "inputs" ? "inputs" : field),
      }),
    );
  });

  it("refuses every cut of a manifest", () => {
    const text = manifest();
    for (let length = 0; length < text.length; length++) {
      expect(() => readLegacyManifest(text.slice(0, length), URI)).toThrow(
        expect.objectContaining({ code: "corrupt-format" }),
      );
    }
  });
});

describe("readV1Manifest", () => {
  it("makes an experiment of the project that its id names", () => {
    const text = JSON.stringify({
      run_id: "r",
      experiment_id: "7",
      timestamp: "2026-11-20T19:39:26.791829",
      inputs: { a: { hash: "0123abcd", timestamp: "20261120_193926" } },
      outputs: {},
      model: null,
      docker: { image: "x" },
      s3_prefix: "p",
    });
    expect(readV1Manifest(text, URI)).toMatchObject({
      layout: "v1",
      runType: "experiment",
      project: "7",
      inputs: [{ name: "a", hash: "0123abcd", storagePath: "", createdAt: "2026-11-20T19:39:26Z" }],
      more: { docker: { image: "x" } },
    });
  });
});

describe("utcTime", () => {
  it.each([
    ["2026-11-20T19:39:26.791829", "2026-11-20T19:39:26.791829Z"],
    ["2026-11-20T19:39:26", "2026-11-20T19:39:26Z"],
    ["2026-11-20T19:39:26+02:00", "2026-11-20T17:39:26.000Z"],
    ["20261120_193926", "2026-11-20T19:39:26Z"],
    ["2026-13-20T19:39:26", undefined],
    ["now", undefined],
  ])("of %s is %s", (text, time) => {
    expect(utcTime(text)).toBe(time);
  });
});

describe("legacyPlace", () => {
  const reference = (storagePath: string) => ({
    name: "x",
    hash: HASH,
    storagePath,
    size: null,
    format: "json",
    shape: null,
    columns: null,
    dtype: null,
    createdAt: null,
  });
  const key = `data/ab/${HASH}/data.json`;

  it.each([
    [`s3://b/mltrack/${key}`, "s3://b/mltrack", { kind: "here", key }],
    [`s3://data/experiments/${key}`, undefined, { kind: "here", key }],
    [`s3://b/mltrack/${key}`, "s3://b/ml", { kind: "elsewhere", uri: `s3://b/mltrack/${key}` }],
    ["s3://b/other.json", undefined, { kind: "elsewhere", uri: "s3://b/other.json" }],
    ["/tmp/x/data.json", "s3://b", { kind: "temp-path", path: "/tmp/x/data.json" }],
    ["", undefined, { kind: "nowhere" }],
  ])("of %s seen from %s is %j", (path, home, place) => {
    expect(legacyPlace(reference(path), home)).toEqual(place);
  });
});
