import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, parsePythonJson } from "../../../src/formats/index.js";
import { codeOf } from "./lode-errors.js";

/** RFC 8785, 3.2.2 and 3.2.3. */
const RFC_INPUT = `{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}`;
const RFC_OUTPUT = `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`;

/** RFC 8785, appendix B: IEEE 754 bits and text. */
const RFC_NUMBERS: readonly (readonly [string, string])[] = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

describe("canonical JSON", () => {
  it("is what the RFC prints", () => {
    expect(canonicalJson(JSON.parse(RFC_INPUT))).toBe(RFC_OUTPUT);
    for (const [bits, text] of RFC_NUMBERS) {
      expect(canonicalJson(Buffer.from(bits, "hex").readDoubleBE(0))).toBe(text);
    }
  });

  it("sorts keys by UTF-16 units", () => {
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\u0080", "\u00f6"];
    const value = Object.fromEntries(keys.map((key) => [key, 0]));
    expect(Object.keys(JSON.parse(canonicalJson(value)))[0]).toBe("1");
    const order = [...canonicalJson(value).matchAll(/"((?:[^"\\]|\\.)*)":/g)].map(([, key]) => key);
    expect(order).toEqual(["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"]);
  });

  it("does not depend on the order of keys, and parses to the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(plain);
        expect(JSON.parse(text)).toEqual(plain);
        expect(canonicalJson(reversed(plain))).toBe(text);
        expect(parsePythonJson(text.replaceAll("__proto__", "proto"))).toEqual(
          JSON.parse(text.replaceAll("__proto__", "proto")),
        );
      }),
    );
  });

  it("refuses what JSON cannot hold, naming the place", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = [cycle];
    class Model {
      toJSON() {
        return 1;
      }
    }
    const refused: readonly (readonly [unknown, string])[] = [
      [Number.NaN, "$"],
      [{ a: [1, Number.POSITIVE_INFINITY] }, "$.a[1]"],
      [undefined, "$"],
      [[1, undefined], "$[1]"],
      // biome-ignore lint/suspicious/noSparseArray: a hole is the case
      [[1, , 2], "$[1]"],
      [{ "a b": 5n }, '$["a b"]'],
      [{ f: () => 1 }, "$.f"],
      [{ toJSON: () => 1 }, "$.toJSON"],
      [[Symbol("s")], "$[0]"],
      [{ [Symbol("s")]: 1 }, "$"],
      [cycle, "$.self[0]"],
      [{ m: new Map() }, "$.m"],
      [{ d: new Date(0) }, "$.d"],
      [new Model(), "$"],
      [[Object(1)], "$[0]"],
      [new Uint8Array(1), "$"],
      [{ s: "\ud800" }, "$.s"],
      [{ "\udc00": 1 }, '$["\\udc00"]'],
    ];
    for (const [value, path] of refused) {
      const error = codeOf(() => canonicalJson(value));
      expect(error, path).toMatchObject({ code: "invalid-argument", details: { path } });
      expect(error.message).not.toContain("\n");
    }
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(codeOf(() => canonicalJson(deep)).code).toBe("invalid-argument");
  });

  it("takes the same value in two places, and leaves undefined members out", () => {
    const shared = { x: 1 };
    expect(canonicalJson({ b: shared, a: [shared], c: undefined })).toBe(
      '{"a":[{"x":1}],"b":{"x":1}}',
    );
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
