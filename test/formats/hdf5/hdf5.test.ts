import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import { type Hdf5Source, hdf5Layout, openHdf5, writeHdf5 } from "../../../src/formats/index.js";

/** The file that a layout and its bytes make. */
function laidOut(data: Uint8Array, name?: string): Uint8Array {
  const { header, trailer } = hdf5Layout(data.length, name);
  return new Uint8Array(Buffer.concat([header, data, trailer]));
}

/** All datasets of a file with their elements. */
async function contents(source: Hdf5Source) {
  const file = await openHdf5(source, { maxCallMs: 500 });
  try {
    const found = new Map<string, unknown>();
    for (const { name } of await file.datasets()) {
      const { data, shape } = await file.read(name, { maxBytes: 1_000_000 });
      found.set(name, { data, shape, attributes: await file.attributes(name) });
    }
    return found;
  } finally {
    file.close();
  }
}

describe("hdf5Layout", () => {
  it.each([0, 1, 2047, 100_000])("frames %i bytes", async (size) => {
    const data = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const layout = hdf5Layout(size);
    expect(layout).toMatchObject({ dataLength: size, size: layout.header.length + size });
    const file = await openHdf5(laidOut(data));
    expect(await file.datasets()).toEqual([{ name: "data", dtype: "u1", shape: [size] }]);
    expect((await file.read("data")).data).toEqual(data);
    file.close();
  });

  it("takes any name that is one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
        async (name) => {
          fc.pre(!/[/\0]|^\.\.?$/.test(name));
          const found = await contents(laidOut(Uint8Array.of(1, 2), name));
          expect([...found.keys()]).toEqual([name]);
        },
      ),
      { numRuns: 30 },
    );
    const long = "n".repeat(1024);
    expect([...(await contents(laidOut(Uint8Array.of(1), long))).keys()]).toEqual([long]);
  });

  it("frames more than 4 GiB without their bytes", async () => {
    const { header, size } = hdf5Layout(5 * 2 ** 30 + 3);
    const source = {
      size,
      readInto(target: Uint8Array, position: number) {
        target.fill(7);
        const inHeader = Math.min(target.length, header.length - position);
        if (inHeader > 0) target.set(header.subarray(position, position + inHeader));
      },
    };
    const file = await openHdf5(source);
    expect((await file.datasets())[0]?.shape).toEqual([5 * 2 ** 30 + 3]);
    const end = await file.readRows("data", 5 * 2 ** 30, 5 * 2 ** 30 + 3);
    expect(end.data).toEqual(Uint8Array.of(7, 7, 7));
    await expect(file.read("data")).rejects.toMatchObject({ code: "invalid-argument" });
    file.close();
  });

  it.each([
    [-1, "a"],
    [1.5, "a"],
    [2 ** 53, "a"],
    [1, ""],
    [1, "a/b"],
    [1, "."],
    [1, "a\0"],
    [1, "\ud800"],
    [1, "n".repeat(1025)],
  ])("refuses %d bytes with the name %j", (size, name) => {
    expect(() => hdf5Layout(size, name)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("writeHdf5 and openHdf5", () => {
  const datasets = {
    f4: { data: Float32Array.of(1, -2.5, 3, 4, 5, 6), shape: [2, 3] },
    f8: { data: Float64Array.of(Math.PI) },
    i8: { data: BigInt64Array.of(-(2n ** 63n), 5n) },
    u8: { data: BigUint64Array.of(2n ** 64n - 1n) },
    i4: { data: Int32Array.of(-7) },
    u4: { data: Uint32Array.of(2 ** 32 - 1), shape: [] },
    i2: { data: Int16Array.of(-8) },
    u2: { data: Uint16Array.of(9) },
    i1: { data: Int8Array.of(-10) },
    u1: { data: Uint8Array.of(11), shape: [1, 1, 1] },
    empty: { data: new Float32Array(0), shape: [3, 0] },
    "group/deeper/string": { data: ["a", "ü", "", "𝕏 text"], shape: [2, 2] },
    "group/deeper/f4": { data: Float32Array.of(7) },
  };

  it("keep every type, shape and name", async () => {
    const bytes = await writeHdf5(datasets);
    const file = await openHdf5(bytes);
    const found = await file.datasets();
    expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(datasets).sort());
    for (const [name, { data, ...rest }] of Object.entries(datasets)) {
      const read = await file.read(name);
      expect(read.data).toEqual(data);
      expect(read.shape).toEqual("shape" in rest ? rest.shape : [data.length]);
      const info = found.find((dataset) => dataset.name === name);
      expect(info).toEqual({ name, dtype: read.dtype, shape: read.shape });
      if (name in datasets && !name.includes("/") && name !== "empty")
        expect(read.dtype).toBe(name);
    }
    file.close();
  });

  it("read rows along the first axis", async () => {
    const data = Int32Array.from({ length: 60 }, (_, i) => i);
    const texts = Array.from({ length: 10_000 }, (_, i) => `text ${i}`);
    const file = await openHdf5(
      await writeHdf5({ a: { data, shape: [5, 3, 4] }, s: { data: texts } }),
    );
    for (const [from, to] of [
      [0, 5],
      [2, 4],
      [3, 3],
      [4, 5],
    ] as const) {
      const rows = await file.readRows("a", from, to);
      expect(rows.shape).toEqual([to - from, 3, 4]);
      expect(rows.data).toEqual(data.slice(from * 12, to * 12));
    }
    expect((await file.readRows("s", 4000, 9000)).data).toEqual(texts.slice(4000, 9000));
    for (const [from, to] of [
      [-1, 2],
      [3, 2],
      [0, 6],
      [0.5, 1],
    ] as const) {
      await expect(file.readRows("a", from, to)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    for (const name of ["b", "a/b", "b/a", "", "/"]) {
      await expect(file.read(name)).rejects.toMatchObject({ code: "not-found" });
    }
    file.close();
    await expect(file.read("a")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("keep attributes", async () => {
    const attributes = { unit: "m/s", count: 3, scale: Float64Array.of(1.5, 2), names: ["x", "ü"] };
    const bytes = await writeHdf5({ "g/a": { data: Uint8Array.of(1), attributes } });
    const file = await openHdf5(bytes);
    expect(Object.fromEntries(await file.attributes("g/a"))).toEqual(attributes);
    expect(await file.attributes()).toEqual(new Map());
    expect(await file.attributes("g")).toEqual(new Map());
    await expect(file.attributes("h")).rejects.toMatchObject({ code: "not-found" });
    file.close();
  });

  it("read no more than the limit, texts by their characters", async () => {
    const texts = ["x".repeat(500), "y".repeat(500)];
    const file = await openHdf5(
      await writeHdf5({ s: { data: texts }, n: { data: new Float64Array(100) } }),
    );
    for (const name of ["s", "n"]) {
      await expect(file.read(name, { maxBytes: 799 })).rejects.toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining("maxBytes"),
      });
      await file.read(name, { maxBytes: 1000 });
    }
    file.close();
  });

  it.each([
    ["a name without a part", { "a//b": { data: Uint8Array.of(1) } }],
    ["a shape of another size", { a: { data: Uint8Array.of(1), shape: [2] } }],
    ["an axis that is no number", { a: { data: Uint8Array.of(1), shape: [0.5, 2] } }],
    ["a dataset where a group is", { "a/b": { data: ["x"] }, a: { data: ["y"] } }],
  ])("refuse %s", async (_, wrong) => {
    await expect(writeHdf5(wrong)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("passes on what the source throws", async () => {
    const gone = new Error("the disk is gone");
    const source = {
      size: 4096,
      readInto() {
        throw gone;
      },
    };
    await expect(openHdf5(source)).rejects.toBe(gone);
  });
});

describe("a damaged HDF5 file", () => {
  it("is refused if it is none", async () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(5000),
      Buffer.from("\x89HDF\r\n\x1a\n"),
    ]) {
      await expect(openHdf5(bytes)).rejects.toMatchObject({ code: "corrupt-format" });
    }
  });

  it("is refused wherever it ends", async () => {
    const bytes = await writeHdf5({ a: { data: new Float32Array(1000).fill(1) } });
    for (let end = 0; end < bytes.length; end += 37) {
      await expect(contents(bytes.subarray(0, end))).rejects.toSatisfy((error) =>
        isLodeError(error, "corrupt-format"),
      );
    }
  });

  it("that the library goes in circles on is stopped, and other files go on", async () => {
    const bytes = Buffer.from(await writeHdf5({ s: { data: ["a", "ü", "text"] } }));
    const other = await openHdf5(bytes.slice());
    const damaged = Buffer.from(bytes);
    // The length of a text in the global heap, which is then cut into other objects than it has.
    damaged[bytes.indexOf("GCOL") + 72] = 9;
    await expect(contents(damaged)).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining("does not come to an end"),
    });
    expect((await other.read("s")).data).toEqual(["a", "ü", "text"]);
    other.close();
  });

  it("ends in a LodeError, whatever the damage", { timeout: 60_000 }, async () => {
    const whole = await writeHdf5({
      a: { data: Float32Array.from({ length: 100 }, (_, i) => i), attributes: { n: 1 } },
      "g/b": { data: new BigInt64Array(30), shape: [5, 6] },
    });
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const damaged = whole.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          await contents(damaged);
        } catch (error) {
          if (!isLodeError(error, "corrupt-format", "unsupported", "invalid-argument", "not-found"))
            throw error;
        }
      }),
      { numRuns: 200 },
    );
  });
});
