import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  bytesReader,
  encodeNpy,
  NPY_DTYPES,
  type NpyArray,
  type NpyDtype,
  npyDataBytes,
  readNpy,
} from "../../../src/formats/index.js";
import { type RaggedBytes, stack, stackWith } from "../../../src/loader/collate/index.js";

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(isLodeError(error, "invalid-argument")).toBe(true);
    return (error as Error).message;
  }
  throw new Error("nothing failed");
}

function bytesOf({ data }: Pick<NpyArray, "data">): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

describe("stack", () => {
  it("joins records into an array for each field", () => {
    const stacked = stack([
      { x: new Float32Array([1, 2]), label: 3, id: 7n, seen: true, name: "a" },
      { x: new Float32Array([3, 4]), label: 4, id: 8n, seen: false, name: "b" },
    ]);
    expect(stacked).toEqual({
      x: { dtype: "f4", shape: [2, 2], fortranOrder: false, data: new Float32Array([1, 2, 3, 4]) },
      label: { dtype: "f8", shape: [2], fortranOrder: false, data: new Float64Array([3, 4]) },
      id: { dtype: "i8", shape: [2], fortranOrder: false, data: new BigInt64Array([7n, 8n]) },
      seen: { dtype: "b1", shape: [2], fortranOrder: false, data: new Uint8Array([1, 0]) },
      name: ["a", "b"],
    });
    expectTypeOf(stacked.x.data).toEqualTypeOf<Float32Array>();
    expectTypeOf(stacked.label.data).toEqualTypeOf<Float64Array>();
    expectTypeOf(stacked.name).toEqualTypeOf<string[]>();
  });

  it("keeps every bit of arrays of any dtype and shape, in the order of the samples", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(NPY_DTYPES) as NpyDtype[])),
        fc.array(fc.nat(4), { maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        (dtype, shape, count, salt) => {
          const bytes = npyDataBytes(dtype, shape);
          const samples = Array.from({ length: count }, (_, sample) => {
            const memory = new Uint8Array(bytes).map(
              (_, at) => (at * 31 + sample * 7 + salt) % 251,
            );
            const data = new NPY_DTYPES[dtype].array(
              memory.buffer,
              0,
              bytes / NPY_DTYPES[dtype].wordBytes,
            );
            return { x: { dtype, shape, fortranOrder: false, data } as NpyArray };
          });
          const { x } = stack(samples);
          expect([x.dtype, x.shape]).toEqual([dtype, [count, ...shape]]);
          expect(Buffer.compare(bytesOf(x), Buffer.concat(samples.map((s) => bytesOf(s.x))))).toBe(
            0,
          );
        },
      ),
    );
  });

  it("gives arrays that can be written as npy files and read again", async () => {
    const batch = stack([1, 2, 3].map((n) => new Int16Array([n, -n])));
    const read = await readNpy(bytesReader(Buffer.concat(encodeNpy(batch))));
    expect(read).toEqual(batch);
  });

  it("stacks samples that are no records as one field", () => {
    expect(stack([1, 2]).data).toEqual(new Float64Array([1, 2]));
    expect(stack(["a", "b"])).toEqual(["a", "b"]);
    expect(stack([[1], [2]])).toEqual([[1], [2]]);
    expect(stack([{ dtype: "u1", shape: [], data: new Uint8Array([9]) } as const])).toMatchObject({
      dtype: "u1",
      shape: [1],
    });
  });

  it("puts byte strings of different lengths behind each other", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { minLength: 1 }), (values) => {
        const make = stackWith<{ jpg: Uint8Array }>({ ragged: ["jpg"] });
        const { data, offsets } = make(values.map((jpg) => ({ jpg }))).jpg as RaggedBytes;
        const again = values.map((_, i) => data.slice(offsets[i], offsets[i + 1]));
        expect(again).toEqual(values);
        expect(data.length).toBe(offsets[values.length]);
      }),
    );
    const buffers = [Buffer.from("ab"), Buffer.from("c")];
    expect(stack(buffers)).toEqual({
      data: new Uint8Array(Buffer.from("abc")),
      offsets: new Uint32Array([0, 2, 3]),
    });
    expect(stack([Buffer.from("ab"), Buffer.from("cd")])).toMatchObject({ shape: [2, 2] });
  });

  it("gives fields the dtype that is asked for", () => {
    const make = stackWith<
      { label: number; big: number; x: Uint8Array },
      { label: "u1"; big: "i8"; x: "f4" }
    >({
      dtypes: { label: "u1", big: "i8", x: "f4" },
    });
    const batch = make([
      { label: 255, big: -5, x: new Uint8Array([1, 200]) },
      { label: 0, big: 2 ** 40, x: new Uint8Array([3, 4]) },
    ]);
    expect(batch.label.data).toEqual(new Uint8Array([255, 0]));
    expect(batch.big.data).toEqual(new BigInt64Array([-5n, 2n ** 40n]));
    expect(batch.x.data).toEqual(new Float32Array([1, 200, 3, 4]));
    expectTypeOf(batch.x.data).toEqualTypeOf<Float32Array>();
  });

  it.each<[NpyDtype, number | bigint]>([
    ["u1", 256],
    ["u1", -1],
    ["i4", 1.5],
    ["i8", 0.5],
    ["i4", 2n ** 40n],
    ["u8", -1n],
    ["i4", Number.NaN],
  ])("refuses to make a %s of %s", (dtype, value) => {
    const zero = typeof value === "bigint" ? 0n : 0;
    const make = stackWith<{ n: number | bigint }>({ dtypes: { n: dtype } as never });
    expect(messageOf(() => make([{ n: zero }, { n: value }]))).toContain(
      `field "n" of sample 1 is ${value}, which no ${dtype} is`,
    );
  });

  it.each<[string, unknown[], string]>([
    [
      "shapes",
      [{ x: new Float32Array(2) }, { x: new Float32Array(3) }],
      'field "x" of sample 1 has shape (3), that of sample 0 (2)',
    ],
    [
      "dtypes",
      [{ x: new Float32Array(2) }, { x: new Int8Array(2) }],
      "is of i1, that of sample 0 of f4",
    ],
    ["kinds", [{ x: 1 }, { x: "one" }], "is something else, that of sample 0 a number"],
    ["numbers", [{ x: 1 }, { x: 1n }], "is a bigint, that of sample 0 a number"],
    ["a field less", [{ x: 1, y: 2 }, { x: 1 }], 'sample 1 has no field "y"'],
    ["a field more", [{ x: 1 }, { x: 1, y: 2 }], 'sample 1 has a field "y", sample 0 has not'],
    ["no record", [{ x: 1 }, 5], "sample 1 is no record"],
    ["too little data", [{ dtype: "f4", shape: [2, 2], data: new Float32Array(3) }], "12 bytes"],
    ["other data", [{ dtype: "f4", shape: [2], data: new Float64Array(1) }], "of 8 each"],
    [
      "Fortran order",
      [{ dtype: "f4", shape: [2, 2], fortranOrder: true, data: new Float32Array(4) }],
      "Fortran order",
    ],
    ["nothing", [], "without samples"],
  ])("refuses %s that differ", (_, samples, message) => {
    expect(messageOf(() => stack(samples))).toContain(message);
  });

  it("refuses dtypes that would lose what arrays hold", () => {
    const make = stackWith<{ x: Float32Array }>({ dtypes: { x: "u1" } as never });
    expect(messageOf(() => make([{ x: new Float32Array(1) }]))).toContain(
      "is of f4, which is not made u1",
    );
  });

  it("keeps names of fields that objects have themselves", () => {
    const sample = JSON.parse('{"__proto__": 1, "constructor": "x"}') as Record<string, unknown>;
    const stacked = stack([sample]) as Record<string, unknown>;
    expect(Object.keys(stacked)).toEqual(["__proto__", "constructor"]);
  });
});
