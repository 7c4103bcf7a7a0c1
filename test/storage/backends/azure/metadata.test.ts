import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMetadata, encodeMetadata } from "../../../../src/storage/backends/azure/metadata.js";

describe("Azure metadata", () => {
  it("keeps what fits as it is", () => {
    expect(encodeMetadata({ owner: "Ann B." }, 0xab)).toEqual({
      owner: "Ann B.",
      lode_crc32c: "000000ab",
    });
  });

  it("encodes what Azure cannot hold", () => {
    expect(encodeMetadata({ "content-hash": "x", note: "grün" }, undefined)).toEqual({
      lode_k_content_2dhash: "=x",
      lode_k_note: "=gr%C3%BCn",
    });
  });

  it("gives back every name and value, as identifiers and ASCII on the wire", () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
    const value = fc
      .string({ unit: "grapheme" })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: such values are refused
      .filter((text) => !/[\u0000-\u001f\u007f]/.test(text));
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { noNullPrototype: true }),
        fc.nat(),
        (metadata, crc) => {
          const stored = encodeMetadata(metadata, crc);
          for (const [key, text] of Object.entries(stored)) {
            expect(key).toMatch(/^[a-z_][a-z0-9_]*$/);
            expect(text).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
          }
          const decoded = decodeMetadata(stored);
          expect(decoded.crc32c).toBe(crc);
          expect(decoded.metadata ?? {}).toEqual(metadata);
        },
      ),
    );
  });

  it("leaves another writer's entries alone, in lower case", () => {
    const stored = { Owner: "x", lode_crc32c: "no", lode_k_a: "=50%", lode_other: "y" };
    expect(decodeMetadata(stored)).toEqual({
      metadata: { owner: "x", a: "50%", lode_other: "y" },
      crc32c: undefined,
    });
  });

  it.each([
    ["a line feed in a value", { a: "x\nInjected: 1" }],
    ["a carriage return in a value", { a: "x\r" }],
    ["a blank in a name", { "a b": "x" }],
    ["a colon in a name", { "a:": "x" }],
  ])("refuses %s", (_, metadata) => {
    expect(() => encodeMetadata(metadata, undefined)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
