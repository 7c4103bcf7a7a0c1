import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeMetadataValue,
  encodeMetadataValue,
} from "../../../../src/storage/backends/s3/metadata-encoding.js";

describe("metadata values", () => {
  it.each(["plain", "a b c", "x=1; y=2"])("%j travels as it is", (value) => {
    expect(encodeMetadataValue(value)).toBe(value);
  });

  it.each(["é", "a  b", " a", "a ", "", "=?UTF-8?B?eA==?=", "😀".repeat(100)])(
    "%j travels as encoded words",
    (value) => {
      const encoded = encodeMetadataValue(value);
      expect(encoded).toMatch(/^=\?UTF-8\?B\?/);
      for (const word of encoded.split(" ")) expect(word.length).toBeLessThanOrEqual(75);
      expect(decodeMetadataValue(encoded)).toBe(value);
    },
  );

  it("survive the way there and back, and make one printable line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (value) => {
        const encoded = encodeMetadataValue(value);
        expect(encoded).toMatch(/^[\x20-\x7E]+$/);
        expect(decodeMetadataValue(encoded)).toBe(value);
      }),
    );
  });

  it("of other programs are left alone", () => {
    for (const text of ["=?", "=?x?=", "a =?UTF-8?B?eA==?=", "=?ISO-8859-1?Q?a?="]) {
      expect(decodeMetadataValue(text)).toBe(text);
    }
  });
});
