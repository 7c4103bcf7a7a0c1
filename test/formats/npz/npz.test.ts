import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  bytesReader,
  encodeNpy,
  type NpyArray,
  type NpzMember,
  npyDataBytes,
  npyHeader,
  npzChunks,
  npzSize,
  openNpz,
} from "../../../src/formats/index.js";
import { zipChunks } from "../../../src/formats/zip/index.js";
import { bitsOf, npyArray, npyArrays } from "../npy/npy-arrays.js";
import { collect, reusingChunks } from "../zip/collect.js";
import { SparseReader } from "../zip/sparse-reader.js";

const named = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom("x", "y", "0", "é") }),
    array: npyArrays(),
    streamed: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 4 },
);

function memberOf(name: string, array: NpyArray, streamed = false): NpzMember {
  const [, bytes] = encodeNpy(array);
  return { ...array, name, data: streamed ? reusingChunks(bytes!, 7) : array.data };
}

describe("npz", () => {
  it("gives every array back, stored and deflated, in memory and streamed", async () => {
    await fc.assert(
      fc.asyncProperty(
        named,
        fc.constantFrom("stored" as const, "deflate" as const),
        async (arrays, compression) => {
          const members = arrays.map(({ name, array, streamed }) =>
            memberOf(name, array, streamed),
          );
          const file = await collect(npzChunks(members, { compression }));
          if (compression === "stored") expect(file.length).toBe(npzSize(members));
          const npz = await openNpz(bytesReader(file));
          expect(npz.names).toEqual(arrays.map(({ name }) => name));
          for (const { name, array } of arrays) {
            expect(bitsOf(await npz.read(name))).toEqual(bitsOf(array));
            expect(await npz.readHeader(name)).toMatchObject({
              dtype: array.dtype,
              shape: array.shape,
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("hits any size exactly by padding one header", async () => {
    const shape = [100, 7];
    const layout = { name: "data", dtype: "f4", shape } as const;
    const least = npzSize([{ ...layout, paddedTo: 96 }]);
    for (const target of [least, least + 1, least + 777]) {
      const member = { ...layout, alignment: 1, paddedTo: 96 + target - least };
      expect(npzSize([member])).toBe(target);
      const data = reusingChunks(new Uint8Array(npyDataBytes("f4", shape)).fill(1), 64);
      const file = await collect(npzChunks([{ ...member, data }]));
      expect(file.length).toBe(target);
      expect((await (await openNpz(bytesReader(file))).read("data")).shape).toEqual(shape);
    }
  });

  it("reads rows of a stored array by one read of their bytes", async () => {
    const array = npyArray(
      "i4",
      [50, 4],
      new Uint8Array(Int32Array.from({ length: 200 }, (_, i) => i).buffer),
    );
    const file = new SparseReader();
    file.append(await collect(npzChunks([memberOf("a", array), memberOf("b", array)])));
    const npz = await openNpz(file);
    await npz.readHeader("b");
    const before = file.bytesRead;
    const rows = await npz.readRows("b", 10, 13);
    expect([...rows.data]).toEqual([...array.data.slice(40, 52)]);
    expect(rows.shape).toEqual([3, 4]);
    expect(file.bytesRead - before).toBe(3 * 16);

    const deflated = await collect(npzChunks([memberOf("a", array)], { compression: "deflate" }));
    const other = await openNpz(bytesReader(deflated));
    await expect(other.readRows("a", 0, 1)).rejects.toMatchObject({ code: "unsupported" });
  });

  it("writes gigabytes in bounded memory and reads rows behind 4 GiB", async () => {
    const block = new Uint8Array(32 * 1024 * 1024);
    const shape = [129, block.length];
    const file = new SparseReader();
    async function* data() {
      for (let i = 0; i < 129; i++) yield block;
    }
    const member = { name: "big", dtype: "u1", shape } as const;
    for await (const chunk of npzChunks([{ ...member, data: data() }])) {
      if (chunk.buffer === block.buffer) file.skip(chunk.length);
      else file.append(chunk.slice());
    }
    expect(file.size).toBe(npzSize([member]));
    expect(file.size).toBeGreaterThan(2 ** 32);
    const npz = await openNpz(file);
    expect(npz.entry("big").size).toBe(128 + 129 * block.length);
    expect((await npz.readRows("big", 128, 129)).data.length).toBe(block.length);
    await expect(npz.read("big")).rejects.toMatchObject({ code: "unsupported" });
  });

  it("names what there is when an array is asked for that is not", async () => {
    const file = await collect(npzChunks([memberOf("x", npyArray("u1", [1], Buffer.of(1)))]));
    const npz = await openNpz(bytesReader(file));
    for (const name of ["y", "x.npy", "__proto__"]) {
      await expect(npz.read(name)).rejects.toMatchObject({
        code: "not-found",
        message: expect.stringContaining('"x"'),
      });
    }
  });

  it("passes over members that are no arrays, and says why an array cannot be", async () => {
    const text = Buffer.from("not an array");
    const header = npyHeader({ dtype: "f8", shape: [100] });
    const members = [
      { name: "readme.txt", size: text.length, content: [text] },
      { name: "text.npy", size: text.length, content: [text] },
      { name: "short.npy", size: header.length, content: [header] },
    ];
    const npz = await openNpz(bytesReader(await collect(zipChunks(members))));
    expect(npz.names).toEqual(["text", "short"]);
    for (const name of npz.names) {
      await expect(npz.read(name)).rejects.toMatchObject({ code: "corrupt-format" });
    }
  });

  it("refuses streams that are not as long as their shape, and names that cannot be", async () => {
    const layout = { name: "a", dtype: "u1", shape: [10] } as const;
    for (const length of [9, 11]) {
      const data = reusingChunks(new Uint8Array(length), 4);
      await expect(collect(npzChunks([{ ...layout, data }]))).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    const data = new Uint8Array(10);
    for (const members of [
      [{ ...layout, data, name: "../a" }],
      [
        { ...layout, data },
        { ...layout, data },
      ],
    ]) {
      await expect(collect(npzChunks(members))).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  it("ends in a LodeError for any damage", async () => {
    const array = npyArray("u2", [20], new Uint8Array(40).fill(3));
    const files = [
      await collect(npzChunks([memberOf("a", array), memberOf("b", array, true)])),
      await collect(npzChunks([memberOf("a", array)], { compression: "deflate" })),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat({ max: 700 }), fc.nat({ max: 255 })), { maxLength: 3 }),
        fc.nat({ max: 700 }),
        async (file, damage, cut) => {
          const bytes = new Uint8Array(file).subarray(0, cut);
          for (const [at, byte] of damage) bytes[at] = byte;
          try {
            const npz = await openNpz(bytesReader(bytes));
            for (const name of npz.names) await npz.read(name);
          } catch (error) {
            if (!isLodeError(error, "corrupt-format", "unsupported", "integrity")) throw error;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
