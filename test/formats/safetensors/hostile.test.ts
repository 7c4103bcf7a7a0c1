import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import { bytesReader, openSafetensors, safetensorsPieces } from "../../../src/formats/index.js";
import { anyTensors } from "./tensors.js";

function fileOf(json: string | Uint8Array, data = 0): Uint8Array {
  const text = Buffer.from(json);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}

const open = (json: string | Uint8Array, data = 0) =>
  openSafetensors(bytesReader(fileOf(json, data)));

/** A tensor of bytes, as a header tells of it. */
const u8 = (start: number, end: number) =>
  `{"dtype":"U8","shape":[${end - start}],"data_offsets":[${start},${end}]}`;

const refused: [string, string | Uint8Array, number?][] = [
  ["an empty header", ""],
  ["no object", "[]"],
  ["a space in front", " {}"],
  ["a byte order mark", "\ufeff{}"],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
  ["half a surrogate pair", `{"\\ud800":${u8(0, 1)}}`, 1],
  ["a header that does not end", `{"a":${u8(0, 1)}`, 1],
  ["more behind the header", "{}{}"],
  ["a comma too much", `{"a":${u8(0, 1)},}`, 1],
  ["a string with a control character", '{"a\n":1}'],
  ["an unknown escape", `{"\\x":${u8(0, 1)}}`, 1],
  ["a key twice", `{"a":${u8(0, 1)},"a":${u8(1, 2)}}`, 2],
  ["a key twice, once escaped", `{"a":${u8(0, 1)},"\\u0061":${u8(1, 2)}}`, 2],
  ["a field twice", '{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1],
  ["metadata twice", '{"__metadata__":{},"__metadata__":{}}'],
  ["metadata that is no text", '{"__metadata__":{"a":1}}'],
  ["metadata that is no object", '{"__metadata__":[]}'],
  ["a hole", `{"a":${u8(0, 1)},"b":${u8(2, 3)}}`, 3],
  ["a hole in front", `{"a":${u8(1, 2)}}`, 2],
  ["an overlap", `{"a":${u8(0, 2)},"b":${u8(1, 3)}}`, 3],
  ["the same bytes twice", `{"a":${u8(0, 2)},"b":${u8(0, 2)}}`, 2],
  ["bytes behind the last one", `{"a":${u8(0, 1)}}`, 2],
  ["bytes that are not there", `{"a":${u8(0, 3)}}`, 2],
  ["offsets that go back", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1],
  ["another length than the shape's", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4],
  ["an unknown dtype", '{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,1]}}', 1],
  ["a dtype of Object", '{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,1]}}', 1],
  ["a fraction", '{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1],
  ["a negative axis", '{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1],
  ["an axis of 2^64", '{"a":{"dtype":"U8","shape":[0,18446744073709551616],"data_offsets":[0,0]}}'],
  [
    "a size beyond 2^53",
    '{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
  ],
  ["three offsets", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 1],
  ["a tensor without a shape", '{"a":{"dtype":"U8","data_offsets":[0,1]}}', 1],
  ["a tensor that is a list", '{"a":["U8",[1],[0,1]]}', 1],
  ["levels without an end", `{"a":${"[".repeat(100_000)}`],
];

describe("openSafetensors", () => {
  for (const [what, json, data] of refused) {
    it(`refuses ${what}`, async () => {
      await expect(open(json, data)).rejects.toMatchObject({ code: "corrupt-format" });
    });
  }

  it("refuses a length that the file does not have", async () => {
    for (const length of [1n, 100_000_001n, 2n ** 63n, 2n ** 64n - 1n]) {
      const file = Buffer.alloc(8);
      file.writeBigUInt64LE(length);
      await expect(openSafetensors(bytesReader(file))).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
    await expect(openSafetensors(bytesReader(Buffer.alloc(7)))).rejects.toMatchObject({
      code: "corrupt-format",
    });
  });

  it("calls types of less than a byte unsupported", async () => {
    await expect(
      open('{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}', 1),
    ).rejects.toMatchObject({ code: "unsupported" });
  });

  it("takes what the reference implementation takes", async () => {
    const taken: [string, number][] = [
      ["{}", 0],
      ["{} \n\t", 0],
      ['{"__metadata__":null}', 0],
      [`{"":${u8(0, 1)}}`, 1],
      [`{"b":${u8(1, 1)},"a":${u8(0, 1)},"c":${u8(0, 0)}}`, 1],
      ['{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":[{"x":-1.5e9}]}}', 1],
      ['{"a":{"dtype":"U8","shape":[0,9007199254740991,9],"data_offsets":[0,0]}}', 0],
    ];
    for (const [json, data] of taken) await open(json, data);
  });

  it("lets no name reach a prototype", async () => {
    const opened = await open(`{"__proto__":${u8(0, 1)},"__metadata__":{"__proto__":"x"}}`, 1);
    expect(opened.names).toEqual(["__proto__"]);
    expect(opened.metadata.get("__proto__")).toBe("x");
    expect(opened.has("constructor")).toBe(false);
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined();
  });

  it("says in a short message what is wrong with a long header", async () => {
    const name = "n".repeat(1_000_000);
    const shape = Array.from({ length: 100_000 }, () => 1).join(",");
    const json = `{"${name}":{"dtype":"U8","shape":[${shape}],"data_offsets":[0,2]}}`;
    const error = await open(json, 2).catch((thrown: Error) => thrown);
    expect((error as Error).message.length).toBeLessThan(500);
  });

  it("answers damage with tensors or corrupt-format", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTensors(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (tensors, flips) => {
          const file = Buffer.concat(safetensorsPieces(tensors, { step: "1" }));
          for (const [at, flip] of flips) file[at % file.length]! ^= flip;
          try {
            await (await openSafetensors(bytesReader(file))).readMany();
          } catch (error) {
            expect(isLodeError(error, "corrupt-format", "unsupported")).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
