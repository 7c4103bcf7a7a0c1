import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecipe, parseRecipe, RecipeBuilder } from "../../../src/cas/blobs/index.js";
import {
  describeBlob,
  encodeMetadata,
  parseMetadata,
} from "../../../src/cas/blobs/metadata-json.js";
import { decodePart, encodePart } from "../../../src/cas/index.js";

const ID = "ab".repeat(32);
const PACKS = ["0", "1", "2"].map((digit) => digit.repeat(32));
const URI = "mem://store/recipe.json";

describe("a recipe", () => {
  it("comes back, with chunks in a row joined to runs", () => {
    const chunk = fc.tuple(fc.nat(2), fc.nat(5), fc.integer({ min: 1, max: 128 * 1024 }));
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 100 }), (chunks) => {
        const builder = new RecipeBuilder();
        let size = 0;
        for (const [pack, entry, bytes] of chunks) {
          builder.add({ pack: PACKS[pack]!, entry }, bytes);
          size += bytes;
        }
        const recipe = builder.build(ID, size, "parquet");
        expect(parseRecipe(encodeRecipe(recipe), ID, URI)).toEqual(recipe);
        const told = recipe.runs.flatMap(([pack, first, entries]) =>
          Array.from({ length: entries }, (_, i) => [recipe.packs[pack], first + i]),
        );
        expect(told).toEqual(chunks.map(([pack, entry]) => [PACKS[pack], entry]));
        for (const [i, [pack, first, entries]] of recipe.runs.slice(1).entries()) {
          const [lastPack, lastFirst, lastEntries] = recipe.runs[i]!;
          expect(pack === lastPack && first === lastFirst + lastEntries && entries > 0).toBe(false);
        }
      }),
    );
  });

  it.each([
    ["another version", { version: 2 }],
    ["another blob", { blob: "cd".repeat(32) }],
    ["a size that its runs do not have", { size: 6 }],
    ["a format that leaves its folder", { format: "../x" }],
    ["no pack", { packs: [] }],
    ["what is no pack", { packs: ["../secret"] }],
    ["a run of no entries", { runs: [[0, 0, 0, 5]] }],
    ["a run of half an entry", { runs: [[0, 0, 0.5, 5]] }],
    ["a run of too many bytes", { runs: [[0, 0, 1, 5e9]], size: 5e9 }],
    ["a run of text", { runs: ["0,0,1,5"] }],
    ["links to what is no blob", { links: ["../x"] }],
    ["another list of links", { links: ["cd".repeat(32)] }],
    ["bytes beside its chunks", { bytes: "AAAA", size: 8 }],
    ["bytes that are no base64", { bytes: "A*==", runs: [], packs: [] }],
    ["a checksum of something else", { crc32c: "00000000" }],
  ])("of %s is refused", (_, change) => {
    const recipe = {
      blob: ID,
      size: 5,
      format: "bin",
      packs: PACKS.slice(0, 1),
      runs: [[0, 0, 1, 5]] as const,
      links: [],
    };
    const fields = JSON.parse(encodeRecipe(recipe)) as object;
    const text = JSON.stringify({ ...fields, ...change });
    expect(() => parseRecipe(text, ID, URI)).toThrow(/is no recipe of a blob/);
  });
});

describe("metadata of a blob", () => {
  const blob = { id: ID, size: 24, layout: "whole" } as const;

  it("come back, and begin as the older program wrote them", () => {
    const description = {
      name: "x",
      type: "array",
      format: "npy",
      shape: [2, 3],
      columns: ["a", "b"],
      dtype: { a: "int64", b: "str" },
      digest: `npy-v1:${ID}`,
      metadata: { note: [1, null] },
    };
    const metadata = describeBlob(description, blob, Date.UTC(2026, 0, 2));
    const text = encodeMetadata(metadata);
    expect(parseMetadata(text, URI)).toEqual(metadata);
    const names = Object.keys(JSON.parse(text) as object);
    expect(names.slice(0, 4)).toEqual(["name", "hash", "type", "created_at"]);
    expect(metadata.created_at).toBe("2026-01-02T00:00:00.000Z");
  });

  it("that cannot be written, or be read, are refused", () => {
    const bytes = { name: "x", type: "bytes", format: "bin" };
    for (const metadata of [{ big: 1n }, JSON.parse('{"__proto__": 1}')]) {
      const described = describeBlob({ ...bytes, metadata }, blob, 0);
      expect(() => encodeMetadata(described)).toThrow(/cannot be written as JSON/);
    }
    const right = JSON.parse(encodeMetadata(describeBlob(bytes, blob, 0))) as object;
    for (const change of [
      { name: 1 },
      { shape: "2" },
      { columns: [1] },
      { dtype: { a: 1 } },
      { layout: "x" },
      { metadata: [] },
    ]) {
      expect(() => parseMetadata(JSON.stringify({ ...right, ...change }), URI)).toThrow(
        /is no metadata of a blob/,
      );
    }
  });
});

describe("text as a part of a key", () => {
  it("stays in its folder, is short, and comes back unless it was too long", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", ".", "..", "~", "a/../b")),
        (text) => {
          const part = encodePart(text);
          expect(part).toMatch(/^[A-Za-z0-9._~%-]{1,200}$/);
          expect([".", ".."]).not.toContain(part);
          if (!part.includes("~")) expect(decodePart(part)).toBe(text);
        },
      ),
    );
    const long = ["x".repeat(400), `${"x".repeat(399)}y`];
    expect(encodePart(long[0]!)).not.toBe(encodePart(long[1]!));
    expect(decodePart(encodePart(long[0]!))).toBeUndefined();
  });
});
