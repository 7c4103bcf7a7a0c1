import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  decodeExample,
  encodeExample,
  exampleSize,
  type TfExample,
  type TfFeature,
} from "../../../src/formats/index.js";
import { plainExample } from "./plain-example.js";

const features: fc.Arbitrary<TfFeature> = fc.oneof(
  fc.array(fc.uint8Array({ maxLength: 200 })).map((values) => ({ kind: "bytes" as const, values })),
  fc.float32Array().map((values) => ({ kind: "float" as const, values })),
  fc.bigInt64Array().map((values) => ({ kind: "int64" as const, values })),
  fc.constant({ kind: "none" as const }),
);

const examples: fc.Arbitrary<TfExample> = fc
  .uniqueArray(fc.tuple(fc.string({ unit: "binary" }), features), { selector: ([name]) => name })
  .map((entries) => new Map(entries));

const decodeHex = (text: string) => decodeExample(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** An example with one feature "a" whose message is this. */
function withFeature(feature: string): string {
  const bytes = Buffer.from(feature.replaceAll(" ", ""), "hex");
  const entry = Buffer.concat([Buffer.from([0x0a, 1, 0x61, 0x12, bytes.length]), bytes]);
  const map = Buffer.concat([Buffer.from([0x0a, entry.length]), entry]);
  return Buffer.concat([Buffer.from([0x0a, map.length]), map]).toString("hex");
}

describe("tf.train.Example", () => {
  it("gives every example back, and tells its length before", () => {
    fc.assert(
      fc.property(examples, (example) => {
        const bytes = encodeExample(example);
        expect(bytes.length).toBe(exampleSize(example));
        expect(plainExample(decodeExample(bytes))).toEqual(plainExample(example));
      }),
    );
  });

  it("keeps the ends of every length of integer", () => {
    const values = new BigInt64Array(
      Array.from({ length: 64 }, (_, bit) => [
        1n << BigInt(bit),
        (1n << BigInt(bit)) - 1n,
        -1n << BigInt(bit),
      ]).flat(),
    );
    const example: TfExample = new Map([["n", { kind: "int64", values }]]);
    const bytes = encodeExample(example);
    expect(bytes.length).toBe(exampleSize(example));
    expect(decodeExample(bytes).get("n")).toEqual({ kind: "int64", values });
  });

  it("tells the length of what is not made yet", () => {
    const lengths = new Map([
      ["image", { kind: "bytes" as const, values: [{ length: 100_000 }, { length: 0 }] }],
      ["embedding", { kind: "float" as const, values: { length: 768 } }],
    ]);
    const example: TfExample = new Map<string, TfFeature>([
      ["image", { kind: "bytes", values: [new Uint8Array(100_000), new Uint8Array(0)] }],
      ["embedding", { kind: "float", values: new Float32Array(768) }],
    ]);
    expect(exampleSize(lengths)).toBe(encodeExample(example).length);
  });

  it("writes packed numbers, and negative ones in ten bytes", () => {
    const example: TfExample = new Map([
      ["a", { kind: "int64", values: new BigInt64Array([1n, -1n]) }],
    ]);
    expect(Buffer.from(encodeExample(example)).toString("hex")).toBe(
      withFeature("1a 0d 0a 0b 01 ffffffffffffffffff01"),
    );
  });

  it("takes numbers that are not packed, or partly", () => {
    expect(decodeHex(withFeature("1a 09 08 05 0a 02 06 07 08 ac02")).get("a")).toEqual({
      kind: "int64",
      values: new BigInt64Array([5n, 6n, 7n, 300n]),
    });
    expect(decodeHex(withFeature("12 0b 0d 0000803f 0a 04 00000040")).get("a")).toEqual({
      kind: "float",
      values: new Float32Array([1, 2]),
    });
  });

  it("takes what is empty for empty", () => {
    expect(decodeHex("").size).toBe(0);
    expect(decodeHex("0a 00").size).toBe(0);
    expect(decodeHex(withFeature("")).get("a")).toEqual({ kind: "none" });
    expect(decodeHex(withFeature("1a 00")).get("a")).toEqual({
      kind: "int64",
      values: new BigInt64Array(0),
    });
    expect(decodeHex("0a 02 0a 00")).toEqual(new Map([["", { kind: "none" }]]));
  });

  it.each([
    ["a field that it has not", "12 00"],
    ["a field of another wire type", "08 01"],
    ["its only field twice", "0a 00 0a 00"],
    ["a length beyond the end", "0a 05 00"],
    ["a length that does not end", "0a ff"],
    ["a length of more than 32 bits", "0a ffffffffff01"],
    ["a group", withFeature("0b 0c")],
    ["a feature of two kinds", withFeature("1a 00 12 00")],
    ["a feature name twice", "0a 08 0a 02 0a 00 0a 02 0a 00"],
    ["a name that is no UTF-8", "0a 05 0a 03 0a 01 ff"],
    ["floats of three bytes", withFeature("12 05 0a 03 000000")],
    ["an integer that does not end", withFeature("1a 03 0a 01 80")],
    ["an integer of more than 64 bits", withFeature("1a 0c 0a 0a ffffffffffffffffff02")],
    ["an integer of eleven bytes", withFeature("1a 0c 08 ffffffffffffffffffff01")],
    ["an integer as fixed bytes", withFeature("1a 05 0d 00000000")],
  ])("refuses %s", (_, hex) => {
    expect(() => decodeHex(hex)).toThrow(expect.objectContaining({ code: "corrupt-format" }));
  });

  it("ends in a LodeError for any damage and any bytes", () => {
    const whole = encodeExample(
      new Map<string, TfFeature>([
        ["image", { kind: "bytes", values: [Buffer.from("content")] }],
        ["label", { kind: "int64", values: new BigInt64Array([3n, -3n]) }],
        ["weights", { kind: "float", values: new Float32Array([1.5, 2.5]) }],
      ]),
    );
    const tolerant = (bytes: Uint8Array) => {
      try {
        decodeExample(bytes);
      } catch (error) {
        if (!isLodeError(error, "corrupt-format")) throw error;
      }
    };
    for (let at = 0; at < whole.length; at++) {
      if (at > 0) {
        expect(() => decodeExample(whole.subarray(0, at))).toThrow(
          expect.objectContaining({ code: "corrupt-format" }),
        );
      }
      for (let byte = 0; byte < 256; byte++) {
        const damaged = whole.slice();
        damaged[at] = byte;
        tolerant(damaged);
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), tolerant), { numRuns: 1000 });
  });

  it("refuses names that UTF-8 cannot hold", () => {
    const example = new Map([["\ud800", { kind: "none" }]]) satisfies TfExample;
    expect(() => encodeExample(example)).toThrow(/no UTF-8/);
  });
});
