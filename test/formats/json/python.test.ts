import { describe, expect, it } from "vitest";
import { parsePythonJson } from "../../../src/formats/index.js";
import { codeOf } from "./lode-errors.js";

describe("JSON of Python", () => {
  it("has NaN, infinities and whole numbers of any size", () => {
    const text = `{"n": NaN, "i": [Infinity, -Infinity], "big": 9007199254740993, "f": 1e+16, "x": 1.0, "neg": -123456789012345678901234567890}`;
    expect(parsePythonJson(text)).toEqual({
      n: Number.NaN,
      i: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      big: 9007199254740992,
      f: 1e16,
      x: 1,
      neg: -1.2345678901234568e29,
    });
    expect(parsePythonJson(text, { exactIntegers: true })).toMatchObject({
      big: 9007199254740993n,
      f: 1e16,
      neg: -123456789012345678901234567890n,
    });
    expect(Object.is(parsePythonJson("-0", { exactIntegers: true }), -0)).toBe(true);
  });

  it("has escapes, spaces, and the last of two equal keys", () => {
    expect(parsePythonJson(' {"a" : "\\ud83d\\ude00\\u00e9\\n", "a":[ ] , "b":{}} \n')).toEqual({
      a: [],
      b: {},
    });
    expect(parsePythonJson('"\\ud83d\\ude00 \\"\\\\"')).toBe('😀 "\\');
  });

  it("refuses everything else, naming the place", () => {
    const broken = [
      "",
      "{",
      "[1,]",
      '{"a"}',
      '{"a":1,}',
      "01",
      "+1",
      "1 2",
      "nan",
      "'a'",
      '"a',
      "-",
      "-NaN",
    ];
    for (const text of [
      ...broken,
      '"\n"',
      '"\\x"',
      '{"__proto__":1}',
      '{"\\u005f_proto__":1}',
      "[".repeat(5000),
    ]) {
      const error = codeOf(() => parsePythonJson(text));
      expect(error.code, text.slice(0, 20)).toBe("corrupt-format");
      expect(error.details.offset).toBeTypeOf("number");
    }
  });
});
