import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalQuery,
  decodeListedKey,
  encodeKey,
  encodeQueryPart,
} from "../../../../src/storage/backends/s3/uri-encoding.js";

/** The encoding as AWS words it: every byte but `A-Z a-z 0-9 - . _ ~`, upper-case hexadecimal. */
function byTheBook(text: string, keep: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(char) || keep.includes(char)
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

const key = fc.string({ unit: "binary", maxLength: 60 });

describe("encodeKey", () => {
  it("keeps slashes and dots, normalises nothing", () => {
    expect(encodeKey("/a//../b/./c.d/")).toBe("/a//../b/./c.d/");
    expect(encodeKey("a b+c%2F(!*')")).toBe("a%20b%2Bc%252F%28%21%2A%27%29");
    expect(encodeKey("é😀\n")).toBe("%C3%A9%F0%9F%98%80%0A");
  });

  it("is AWS's encoding of every key", () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(encodeKey(text)).toBe(byTheBook(text, "/"));
      }),
    );
  });
});

describe("canonicalQuery", () => {
  it("sorts by encoded name, then value, and keeps empty values", () => {
    expect(
      canonicalQuery([
        ["uploads", ""],
        ["prefix", "a/b c"],
        ["a", "2"],
        ["a", "1"],
        ["A", "~"],
      ]),
    ).toBe("A=~&a=1&a=2&prefix=a%2Fb%20c&uploads=");
    expect(canonicalQuery([])).toBe("");
  });

  it("encodes slashes too", () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(encodeQueryPart(text)).toBe(byTheBook(text, ""));
      }),
    );
  });
});

describe("decodeListedKey", () => {
  it("undoes both ways in which servers write a space", () => {
    expect(decodeListedKey("a+b%2Bc")).toBe("a b+c");
    expect(decodeListedKey("a%20b%2Bc")).toBe("a b+c");
  });

  it("undoes the encoding of every key", () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(decodeListedKey(encodeKey(text))).toBe(text);
      }),
    );
  });

  it("tells bytes that are no UTF-8", () => {
    expect(decodeListedKey("%FF")).toBeUndefined();
    expect(decodeListedKey("%zz")).toBeUndefined();
  });
});
