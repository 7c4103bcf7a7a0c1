import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  checkedFacts,
  encodeManifest,
  encodeSeedManifest,
  parseManifest,
} from "../../../src/runs/manifest/index.js";
import { MANIFEST, manifests, REFERENCE } from "./sample-manifest.js";

const golden = (name: string) =>
  readFile(new URL(`../../golden/runs/${name}`, import.meta.url), "utf8");

function changed(change: (fields: Record<string, unknown>) => void): string {
  const fields = JSON.parse(encodeManifest(MANIFEST)) as Record<string, unknown>;
  change(fields);
  return JSON.stringify(fields);
}

describe("the manifest of a run", () => {
  it("is written as in the golden file, and read from it", async () => {
    const text = await golden("manifest-v1.json");
    expect(encodeManifest(MANIFEST)).toBe(text);
    expect(parseManifest(text, "golden")).toEqual(MANIFEST);
  });

  it("comes back as it was, for any manifest", () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        expect(parseManifest(encodeManifest(manifest), "any")).toEqual(manifest);
      }),
    );
  });

  it("keeps what newer versions wrote, at every level", () => {
    const text = changed((fields) => {
      fields.schema_version = 7;
      fields.carbon = { kg: 12 };
      (fields.inputs as Record<string, Record<string, unknown>>).training!.lineage = ["x"];
      (fields.code as Record<string, unknown>).signed_by = "ada";
    });
    const manifest = parseManifest(text, "newer");
    expect(manifest.more).toEqual({ carbon: { kg: 12 } });
    expect(manifest.inputs.training).toEqual({ ...REFERENCE, more: { lineage: ["x"] } });
    const again = JSON.parse(encodeManifest(manifest)) as unknown;
    expect(again).toEqual(JSON.parse(text));
  });

  it.each<[string, (fields: Record<string, unknown>) => void, RegExp]>([
    ["no id", (f) => delete f.run_id, /run_id is missing/],
    ["an id with a control character", (f) => (f.run_id = "a\nb"), /run_id/],
    ["another type", (f) => (f.run_type = "drill"), /run_type is "drill", not one of/],
    ["a time without a zone", (f) => (f.created_at = "2026-11-20T19:39:26.791829"), /created_at/],
    ["a time that never was", (f) => (f.saved_at = "2026-13-45T19:39:26Z"), /saved_at/],
    ["a metric that is no number", (f) => (f.metrics = { loss: "low" }), /metrics\.loss is "low"/],
    ["a list of tags", (f) => (f.tags = []), /tags is no object/],
    ["a tag that is a number", (f) => (f.tags = { n: 1 }), /tags\.n is 1, not a text/],
    [
      "an input in another's folder",
      (f) => (f.inputs = { a: bad({ key: "data/00/x" }) }),
      /inputs\.a\.key/,
    ],
    [
      "an input with a short hash",
      (f) => (f.inputs = { a: bad({ hash: "abc" }) }),
      /inputs\.a\.hash/,
    ],
    [
      "a format with a slash",
      (f) => (f.inputs = { a: bad({ format: "../x" }) }),
      /inputs\.a\.format/,
    ],
    ["a negative size", (f) => (f.inputs = { a: bad({ size: -1 }) }), /inputs\.a\.size/],
    ["revision 0", (f) => (f.revision = 0), /revision is 0/],
  ])("with %s is refused, and the field named", (_, change, message) => {
    expect(() => parseManifest(changed(change), "mem://x/y")).toThrow(message);
    expect(() => parseManifest(changed(change), "mem://x/y")).toThrow(
      /^mem:\/\/x\/y is no manifest/,
    );
  });

  function bad(change: Record<string, unknown>): Record<string, unknown> {
    const { createdAt, ...reference } = REFERENCE;
    return { ...reference, created_at: createdAt, ...change };
  }

  it("that is cut or changed anywhere is refused by code or read, never another error", () => {
    const text = encodeManifest(MANIFEST);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        try {
          parseManifest(text.slice(0, at) + put + text.slice(at + 2), "damaged");
        } catch (error) {
          expect(isLodeError(error, "corrupt-format")).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(() => parseManifest(text.slice(0, 500), "cut")).toThrow(/cut is no manifest of a run/);
  });

  it.each<[string, object]>([
    ["a function", { params: { f: () => 1 } }],
    ["a number that JSON does not have", { params: { x: Number.NaN } }],
    ["an object of a class", { params: { x: new Map() } }],
    ["a date", { params: { x: new Date(0) } }],
    ["nothing in a list", { params: { x: [undefined] } }],
    ["a big integer", { params: { x: 1n } }],
    ["a key that reaches a prototype", { params: JSON.parse('{"__proto__": 1}') }],
    ["a tag that is no text", { tags: { x: 1 } }],
    ["a metric that is no number", { metrics: { x: "high" } }],
    ["an error without a message", { error: {} }],
  ])("with %s is not written", (_, change) => {
    const facts = { ...MANIFEST, ...change } as typeof MANIFEST;
    expect(() => checkedFacts(facts)).toThrow(/^the manifest of run "prod_001" cannot be written/);
  });
});

describe("the copy in mltrack's form", () => {
  const text = encodeSeedManifest(MANIFEST, {
    storagePath: ({ key }) => `s3://bucket/mltrack/${key}`,
    storageLocations: ["mltrack/runs/by_type/production/prod_001"],
  });

  it("is written as in the golden file", async () => {
    expect(text).toBe(await golden("seed-manifest.json"));
  });

  it("has the 12 fields of a manifest and the 8 of a reference, and no other", () => {
    const fields = JSON.parse(text) as { inputs: Record<string, object> };
    expect(Object.keys(fields)).toEqual([
      "run_id",
      "run_type",
      "created_at",
      "inputs",
      "outputs",
      "model_path",
      "model_hash",
      "model_metadata",
      "project",
      "tags",
      "metrics",
      "storage_locations",
    ]);
    expect(Object.keys(fields.inputs.training!)).toEqual([
      "hash",
      "storage_path",
      "size_bytes",
      "format",
      "shape",
      "columns",
      "dtype",
      "created_at",
    ]);
  });
});
