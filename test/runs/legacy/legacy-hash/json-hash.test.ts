import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { legacyJsonHashes, pythonFloat } from "../../../../src/runs/legacy/legacy-hash/index.js";

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

describe("legacyJsonHashes", () => {
  it.each([
    [
      '{"b":[1,2.5,true,null],"a":"é€😀","n":NaN,"i":1e21,"s":1e-7}',
      "4fce5fa4a7fa549c6118dd0f0e31918fee7901bf4b0f526456ed85a50b2c8f13",
    ],
    ["[1,2,3]", "a36b1f2c3f84522dd1005145646617d7054c0851e97c72a039c0bdfac9fa07f3"],
    ['"hello"', "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"],
    [`"b'hello'"`, "1ff632a611885373673516162c18b64c8c57ac5b1a3e60c0a3facba0e7645a31"],
    ["{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
  ])("of %s is the hash that mltrack gives", (text, hash) => {
    expect(legacyJsonHashes(text)).toEqual([hash]);
  });

  it.each([
    ["null", "None"],
    ["true", "True"],
    ["5", "5"],
    ["5.0", "5.0"],
    ["NaN", "nan"],
    ["-Infinity", "-inf"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
  ])("of %s is that of the text %s", (text, printed) => {
    expect(legacyJsonHashes(text)).toEqual([sha256(printed)]);
  });

  it("sorts keys by code points and escapes all beyond ASCII", () => {
    const text = '{"\u{1f600}": 1, "\uffff": 2, "\\u007f": 3, "b": {"y": 1.0, "x": 1}}';
    const dumped = '{"b": {"x": 1, "y": 1.0}, "\\u007f": 3, "\\uffff": 2, "\\ud83d\\ude00": 1}';
    expect(legacyJsonHashes(text)).toEqual([sha256(dumped)]);
  });

  it("takes keys that may have been numbers in both orders", () => {
    expect(legacyJsonHashes('{"10": 1, "9": 2}')).toEqual([
      sha256('{"10": 1, "9": 2}'),
      sha256('{"9": 2, "10": 1}'),
    ]);
  });

  it("refuses what Python does not write", () => {
    expect(() => legacyJsonHashes("{'a': 1}")).toThrow(
      expect.objectContaining({ code: "corrupt-format" }),
    );
  });
});

describe("pythonFloat", () => {
  it.each([
    [1, "1.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e-4, "0.0001"],
    [1e-5, "1e-05"],
    [-1.5e-7, "-1.5e-07"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [5e-324, "5e-324"],
    [-123.456, "-123.456"],
  ])("of %d is %s", (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  it("gives the number again", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(Number(pythonFloat(value)), value)).toBe(true);
      }),
    );
  });
});
