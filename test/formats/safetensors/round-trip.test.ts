import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesReader,
  openSafetensors,
  type RangeReader,
  safetensorsPieces,
  type TensorInput,
  tensorFromBytes,
} from "../../../src/formats/index.js";
import { allBitsOf, anyName, anyTensor, anyTensors, bitsOf } from "./tensors.js";

/** A reader whose memory is aligned to nothing, and what was read of it. */
function oddReader(bytes: Uint8Array): RangeReader & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    reads,
    size: bytes.length,
    read: async (start, end) => {
      reads.push([start, end]);
      const memory = new Uint8Array(end - start + 1);
      memory.set(bytes.subarray(start, end), 1);
      return memory.subarray(1);
    },
  };
}

const metadatas = fc
  .array(fc.tuple(anyName(), fc.string({ unit: "grapheme" })), { maxLength: 4 })
  .map((entries) => new Map(entries));

describe("safetensors", () => {
  it("give back tensors, names and metadata as they were", async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors(), metadatas, async (tensors, metadata) => {
        const file = Buffer.concat(safetensorsPieces(tensors, metadata));
        for (const reader of [bytesReader(file), oddReader(file)]) {
          const opened = await openSafetensors(reader);
          expect(opened.metadata).toEqual(metadata);
          expect(new Set(opened.names)).toEqual(new Set(tensors.keys()));
          expect(allBitsOf(await opened.readMany())).toEqual(allBitsOf(tensors));
          for (const [name, tensor] of tensors) {
            expect(opened.has(name)).toBe(true);
            expect(bitsOf(await opened.read(name))).toEqual(bitsOf(tensor));
          }
        }
      }),
    );
  });

  it("are written with elements aligned, and without a copy of them", () => {
    fc.assert(
      fc.property(anyTensors(), (tensors) => {
        const pieces = safetensorsPieces(tensors);
        let at = 0;
        for (const [i, piece] of pieces.entries()) {
          if (i > 0) {
            const tensor = [...tensors.values()].find(
              ({ data }) => data.buffer === piece.buffer && data.byteOffset === piece.byteOffset,
            );
            expect(tensor?.data.byteLength).toBe(piece.length);
            expect(at % tensor!.data.BYTES_PER_ELEMENT).toBe(0);
          }
          at += piece.length;
        }
      }),
    );
  });

  it("take typed arrays alone, with a shape or with a dtype", async () => {
    const inputs: Record<string, TensorInput> = {
      floats: Float32Array.of(1, 2, 3, 4),
      table: { data: BigInt64Array.of(1n, 2n), shape: [2, 1] },
      half: { data: Uint16Array.of(0x3c00), dtype: "BF16", shape: [] },
      bits: Uint16Array.of(7),
      bytes: Buffer.from("abc"),
      complex: { data: Float32Array.of(1, 2), dtype: "C64" },
    };
    const opened = await openSafetensors(bytesReader(Buffer.concat(safetensorsPieces(inputs))));
    const told = Object.keys(inputs).map((name) => {
      const { dtype, shape } = opened.info(name);
      return `${name} ${dtype} [${shape}]`;
    });
    expect(told).toEqual([
      "floats F32 [4]",
      "table I64 [2,1]",
      "half BF16 []",
      "bits U16 [1]",
      "bytes U8 [3]",
      "complex C64 [1]",
    ]);
  });

  it("read only what is asked for, neighbours together", async () => {
    const tensors = new Map<string, TensorInput>();
    for (let i = 0; i < 100; i++) tensors.set(`t${i}`, new Uint8Array(1000).fill(i));
    tensors.set("v", new Float32Array(0));
    const reader = oddReader(Buffer.concat(safetensorsPieces(tensors)));
    const opened = await openSafetensors(reader);
    expect(reader.reads).toEqual([[0, 65_536]]);

    const some = await opened.readMany(["t7", "t3", "t7"]);
    expect([...some.keys()]).toEqual(["t3", "t7"]);
    expect(some.get("t7")?.data[0]).toBe(7);
    expect(reader.reads.slice(1)).toEqual([[opened.info("t3").start, opened.info("t7").end]]);

    reader.reads.length = 0;
    expect((await opened.readMany()).size).toBe(101);
    expect(reader.reads).toEqual([[opened.info("t0").start, reader.size]]);
  });

  it("read no more than 64 MiB together", async () => {
    const mib = 1024 * 1024;
    const sizes: Record<string, number> = { a: 63, b: 1, c: 1, d: 70, e: 2 };
    const header: Record<string, unknown> = {};
    let at = 0;
    for (const [name, size] of Object.entries(sizes)) {
      const end = at + size * mib;
      header[name] = { dtype: "U8", shape: [end - at], data_offsets: [at, end] };
      at = end;
    }
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(json.length));
    const beginning = Buffer.concat([prefix, json]);
    const reads: [number, number][] = [];
    const opened = await openSafetensors({
      size: beginning.length + at,
      read: async (start, end) => {
        const bytes = new Uint8Array(end - start);
        if (start === 0) bytes.set(beginning);
        else reads.push([(start - beginning.length) / mib, (end - beginning.length) / mib]);
        return bytes;
      },
    });
    await opened.readMany();
    expect(reads).toEqual([
      [0, 64],
      [64, 65],
      [65, 135],
      [135, 137],
    ]);
  });

  it("read a header that is longer than the first read", async () => {
    const tensors = new Map(
      Array.from({ length: 3000 }, (_, i) => [`layer.${i}.weight`, Uint8Array.of(i % 256)]),
    );
    const file = Buffer.concat(safetensorsPieces(tensors));
    const opened = await openSafetensors(bytesReader(file));
    expect(opened.names.length).toBe(3000);
    expect((await opened.read("layer.2999.weight")).data[0]).toBe(2999 % 256);
  });

  it("say what is missing, and stop when they are told to", async () => {
    const file = Buffer.concat(safetensorsPieces({ a: Uint8Array.of(1) }));
    const opened = await openSafetensors(bytesReader(file));
    expect(() => opened.info("b")).toThrow(/no tensor "b"/);
    await expect(opened.readMany(["a", "b"])).rejects.toMatchObject({ code: "not-found" });
    const signal = AbortSignal.abort();
    await expect(opened.read("a", { signal })).rejects.toMatchObject({ code: "aborted" });
    await expect(openSafetensors(bytesReader(file), { signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("safetensorsPieces", () => {
  const wrong: Record<string, unknown> = {
    "a shape that is too large": { data: Float32Array.of(1), shape: [2] },
    "a shape that is none": { data: Float32Array.of(1), shape: [-1] },
    "half an element": { data: Float32Array.of(1), dtype: "C64" },
    "another array": { data: Float32Array.of(1), dtype: "F64" },
    "an unknown dtype": { data: Float32Array.of(1), dtype: "F33" },
    "a dtype of Object": { data: Float32Array.of(1), dtype: "toString" },
    "no array": { data: [1, 2] },
    "a view": new DataView(new ArrayBuffer(8)),
  };
  for (const [what, input] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => {
      expect(() => safetensorsPieces({ a: input as TensorInput })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    });
  }

  it("refuses names and metadata that a header cannot hold", () => {
    const one = Uint8Array.of(1);
    const calls = [
      () => safetensorsPieces({ __metadata__: one }),
      () => safetensorsPieces({ "\ud800": one }),
      () => safetensorsPieces({}, { a: "\udc00" }),
      () => safetensorsPieces({}, { "\udc00": "a" }),
      () => safetensorsPieces({}, { a: 5 as unknown as string }),
      () => safetensorsPieces({ ["x".repeat(100_000_000)]: one }),
    ];
    for (const call of calls) {
      expect(call).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
  });
});

describe("tensorFromBytes", () => {
  it("copies only what is not aligned", () => {
    fc.assert(
      fc.property(anyTensor(), fc.nat(8), ({ dtype, shape, data }, shift) => {
        const memory = new Uint8Array(data.byteLength + shift);
        memory.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shift);
        const tensor = tensorFromBytes(dtype, shape, memory.subarray(shift));
        expect(bitsOf(tensor)).toEqual(bitsOf({ dtype, shape, data } as typeof tensor));
        const aligned = shift % data.BYTES_PER_ELEMENT === 0;
        expect(tensor.data.buffer === memory.buffer).toBe(aligned);
      }),
    );
  });
});
