import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  bytesReader,
  encodeNpy,
  NPY_DTYPES,
  type NpyArray,
  npyHeader,
  type RangeReader,
  readNpy,
  readNpyHeader,
  readNpyRows,
} from "../../../src/formats/index.js";
import { bitsOf, npyArray, npyArrays } from "./npy-arrays.js";

/** A file of version 1.0 to 3.0 with any text as its header. */
function fileOf(text: string, body = 0, version = 1): Uint8Array {
  const header = Buffer.from(text, "latin1");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  const magic = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, "latin1");
  return Buffer.concat([magic, length, header, Buffer.alloc(body)]);
}

function readHeader(text: string, body = 1000) {
  return readNpyHeader(bytesReader(fileOf(text, body)));
}

const VALID = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

function padded(bytes: Uint8Array, length: number): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(length)]).subarray(0, length);
}

/** A reader that remembers what was asked of it, with zeros behind `bytes`. */
function recording(bytes: Uint8Array, size = bytes.length) {
  const reads: [number, number][] = [];
  const reader: RangeReader = {
    size,
    read: async (start, end) => {
      reads.push([start, end]);
      return padded(bytes.subarray(start, end), end - start);
    },
  };
  return { reader, reads };
}

describe("npy round trip", () => {
  it("gives every dtype, shape and order back, at any alignment of the file in memory", async () => {
    await fc.assert(
      fc.asyncProperty(npyArrays(), fc.nat({ max: 15 }), async (array, shift) => {
        const file = Buffer.concat([Buffer.alloc(shift), ...encodeNpy(array)]).subarray(shift);
        expect(bitsOf(await readNpy(bytesReader(file)))).toEqual(bitsOf(array));
      }),
    );
  });

  it("copies the elements neither to write nor to read them", async () => {
    const array = npyArray(
      "f4",
      [4],
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    const [header, body] = encodeNpy(array);
    expect(body!.buffer).toBe(array.data.buffer);
    const file = new Uint8Array(Buffer.concat([header!, body!]));
    expect((await readNpy(bytesReader(file))).data.buffer).toBe(file.buffer);
  });

  it("reads the byte order of other machines, and leaves the reader's memory alone", async () => {
    const big = (descr: string, hex: string) =>
      Buffer.concat([
        fileOf(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1,)}`),
        Buffer.from(hex, "hex"),
      ]);
    const cases: [string, string, unknown][] = [
      [">i2", "0102", [0x0102]],
      [">u4", "01020304", [0x01020304]],
      [">i8", "0102030405060708", [0x0102030405060708n]],
      [">f4", "3fc00000", [1.5]],
      [">f2", "3e00", [0x3e00]],
      [">c8", "3f80000040000000", [1, 2]],
      [">c16", "3ff00000000000004000000000000000", [1, 2]],
      [">u1", "07", [7]],
    ];
    for (const [descr, hex, expected] of cases) {
      const file = big(descr, hex);
      const before = file.toString("hex");
      expect([...(await readNpy(bytesReader(file))).data]).toEqual(expected);
      expect(file.toString("hex")).toBe(before);
    }
  });

  it("refuses data that is not what dtype and shape say", () => {
    const shape = [3];
    const wrongClass = { dtype: "f4", shape, fortranOrder: false, data: new Float64Array(3) };
    const wrongLength = { dtype: "f4", shape, fortranOrder: false, data: new Float32Array(4) };
    for (const array of [wrongClass, wrongLength] as unknown as NpyArray[]) {
      expect(() => encodeNpy(array)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
  });
});

describe("npyHeader", () => {
  it("is aligned to 64 bytes, ends with a newline, and has a tuple for one axis", () => {
    const header = npyHeader({ dtype: "u1", shape: [5] });
    expect(header.length).toBe(128);
    expect(header.at(-1)).toBe(0x0a);
    expect(Buffer.from(header).toString("latin1", 10)).toContain(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }",
    );
  });

  it("can be of any length from the least to what numpy reads", async () => {
    for (const paddedTo of [80, 96, 8192, 10_000]) {
      const header = npyHeader({ dtype: "f8", shape: [0, 7], paddedTo });
      expect(header.length).toBe(paddedTo);
      expect(await readNpyHeader(bytesReader(header))).toMatchObject({ dataOffset: paddedTo });
    }
    expect(npyHeader({ dtype: "f8", shape: [], paddedTo: 77, alignment: 1 }).length).toBe(77);
    expect(npyHeader({ dtype: "f8", shape: [9], alignment: 4096 }).length).toBe(4096);
  });

  it.each([
    ["too short", { paddedTo: 64 }],
    ["beyond what numpy reads", { paddedTo: 10_016 }],
    ["not aligned", { paddedTo: 100 }],
    ["no number", { paddedTo: Number.NaN }],
    ["an alignment of nothing", { alignment: 0 }],
  ])("refuses a length that is %s", (_, lengths) => {
    expect(() => npyHeader({ dtype: "f8", shape: [1], ...lengths })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it.each([[[2 ** 30, 2 ** 30]], [[-1]], [[1.5]], [[2 ** 53]], [new Array(65).fill(1)]])(
    "refuses shape %s",
    (shape) => {
      expect(() => npyHeader({ dtype: "f8", shape })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    },
  );
});

describe("readNpyHeader", () => {
  it("takes what other writers make: versions, order of keys, spaces, quotes, Python 2", async () => {
    for (const version of [1, 2, 3]) {
      const header = await readNpyHeader(bytesReader(fileOf(VALID, 24, version)));
      expect(header).toMatchObject({ dtype: "f4", shape: [2, 3], dataBytes: 24 });
    }
    expect(await readHeader('{"shape":(3L,),"descr":"|b1","fortran_order":True}')).toMatchObject({
      dtype: "b1",
      shape: [3],
      fortranOrder: true,
    });
    expect(
      await readHeader(" { 'descr' : '<i2', 'fortran_order' : False,\n'shape' : ( 2 , 3 , ) } \n"),
    ).toMatchObject({ shape: [2, 3] });
    expect(await readHeader("{'descr': '<i2', 'fortran_order': False, 'shape': ()}")).toMatchObject(
      { shape: [], dataBytes: 2 },
    );
  });

  it("reads a header that is longer than its first read", async () => {
    const file = fileOf(VALID.replace("\n", `${" ".repeat(5000)}\n`), 24);
    expect(await readNpyHeader(bytesReader(file))).toMatchObject({ dataOffset: file.length - 24 });
  });

  it.each([
    ["an unknown key", "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}"],
    ["a key of every object", "{'descr': '<f4', 'fortran_order': False, '__proto__': ()}"],
    ["a key twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}"],
    ["a key missing", "{'descr': '<f4', 'shape': ()}"],
    ["a shape that is a number", "{'descr': '<f4', 'fortran_order': False, 'shape': (10)}"],
    ["a negative axis", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"],
    ["an axis with leading zeros", "{'descr': '<f4', 'fortran_order': False, 'shape': (01,)}"],
    [
      "an axis beyond 2^53",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740992,)}",
    ],
    ["an expression", "{'descr': '<f4', 'fortran_order': False, 'shape': (2*3,)}"],
    ["a call", "{'descr': '<f4', 'fortran_order': bool(0), 'shape': ()}"],
    ["an escape", "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': ()}"],
    ["more behind the dict", "{'descr': '<f4', 'fortran_order': False, 'shape': ()} {}"],
    ["no end", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,"],
    ["a lone comma", "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}"],
    ["nothing", ""],
    [
      "a size beyond 2^53",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (94906267, 94906267)}",
    ],
    ["more elements than the file", "{'descr': '<f8', 'fortran_order': False, 'shape': (126,)}"],
  ])("refuses %s", async (_, text) => {
    await expect(readHeader(text)).rejects.toMatchObject({ code: "corrupt-format" });
  });

  it.each([
    ["structured dtypes", "[('a', '<f4'), ('b', '<i2')]", "structured"],
    ["subarrays", "('<f4', (2,))", "structured"],
    ["Python objects", "'|O'", "pickle"],
    ["strings", "'<U7'", "strings"],
    ["dates", "'<M8[ns]'", "not read"],
    ["the machine's own order", "'=f4'", "not read"],
    ["long doubles", "'<f16'", "not read"],
    ["words without an order", "'|f4'", "not read"],
  ])("says why it does not read %s", async (_, descr, word) => {
    const read = readHeader(`{'descr': ${descr}, 'fortran_order': False, 'shape': (1,)}`);
    await expect(read).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(word),
    });
  });

  it("refuses a header of more than 1 MiB before reading it", async () => {
    const bytes = fileOf("", 0, 2);
    bytes.set([0, 0, 0, 0x10], 8);
    const { reader, reads } = recording(bytes, 2 ** 40);
    const read = readNpyHeader(reader);
    await expect(read).rejects.toMatchObject({ code: "corrupt-format" });
    expect(reads).toEqual([[0, 1024]]);
  });

  it("refuses other versions and other files", async () => {
    await expect(readNpyHeader(bytesReader(fileOf(VALID, 24, 4)))).rejects.toMatchObject({
      code: "unsupported",
    });
    for (const bytes of [new Uint8Array(0), Buffer.from("PK\x03\x04 and more bytes")]) {
      await expect(readNpyHeader(bytesReader(bytes))).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });

  it("takes time that grows with the header, not faster", async () => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${"1, ".repeat(20_000)}`;
    await expect(readHeader(text)).rejects.toMatchObject({ code: "corrupt-format" });
    const spaces = fileOf(`{${" ".repeat(1_000_000)}`, 0, 2);
    await expect(readNpyHeader(bytesReader(spaces))).rejects.toMatchObject({
      code: "corrupt-format",
    });
  });

  it("ends in a LodeError for every damaged or cut file", async () => {
    const files = [
      Buffer.concat(encodeNpy(npyArray("i4", [3], new Uint8Array(12)))),
      Buffer.from(fileOf(VALID, 24, 2)),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat({ max: 160 }), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.nat({ max: 160 }),
        async (file, damage, cut) => {
          const bytes = new Uint8Array(file).subarray(0, cut);
          for (const [at, byte] of damage) bytes[at] = byte;
          await readNpy(bytesReader(bytes)).catch((error: unknown) => {
            if (!isLodeError(error, "corrupt-format", "unsupported")) throw error;
          });
        },
      ),
      { numRuns: 500 },
    );
    for (let cut = 0; cut < files[0]!.length; cut++) {
      await expect(readNpy(bytesReader(files[0]!.subarray(0, cut)))).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });
});

describe("readNpyRows", () => {
  const whole = npyArray(
    "i2",
    [10, 3],
    new Uint8Array(Int16Array.from({ length: 30 }, (_, i) => i).buffer),
  );
  const file = Buffer.concat(encodeNpy(whole));

  it("gives the rows asked for, and reads nothing else", async () => {
    const header = await readNpyHeader(bytesReader(file));
    for (let from = 0; from <= 10; from++) {
      for (let to = from; to <= 10; to++) {
        const { reader, reads } = recording(file);
        const rows = await readNpyRows(reader, from, to, { header });
        expect(rows.shape).toEqual([to - from, 3]);
        expect([...rows.data]).toEqual([...whole.data.slice(from * 3, to * 3)]);
        expect(reads).toEqual(from === to ? [] : [[128 + from * 6, 128 + to * 6]]);
      }
    }
  });

  it.each([
    [-1, 2],
    [3, 2],
    [0, 11],
    [0.5, 2],
  ])("refuses rows %d to %d", async (from, to) => {
    await expect(readNpyRows(bytesReader(file), from, to)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("refuses rows of a single number and of Fortran order, but for one axis", async () => {
    const fortran = (shape: number[]) =>
      bytesReader(Buffer.concat(encodeNpy(npyArray("u1", shape, new Uint8Array(4), true))));
    await expect(readNpyRows(fortran([2, 2]), 0, 1)).rejects.toMatchObject({ code: "unsupported" });
    expect((await readNpyRows(fortran([4]), 1, 3)).shape).toEqual([2]);
    const single = encodeNpy(npyArray("u1", [], new Uint8Array(1)));
    await expect(readNpyRows(bytesReader(Buffer.concat(single)), 0, 1)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("finds rows behind 4 GiB", async () => {
    const header = npyHeader({ dtype: "u1", shape: [2 ** 33, 2] });
    const reader: RangeReader = {
      size: header.length + 2 ** 34,
      read: async (start, end) =>
        start === 0
          ? padded(header, end)
          : Uint8Array.from({ length: end - start }, (_, i) => (start - header.length + i) % 251),
    };
    const rows = await readNpyRows(reader, 2 ** 33 - 1, 2 ** 33);
    expect([...rows.data]).toEqual([(2 ** 34 - 2) % 251, (2 ** 34 - 1) % 251]);
    await expect(readNpy(reader)).rejects.toMatchObject({ code: "unsupported" });
  });

  it("tells a reader that gives too little, and a signal that fired", async () => {
    const short: RangeReader = { size: file.length, read: async () => file.subarray(0, 5) };
    await expect(readNpy(short)).rejects.toMatchObject({ code: "incomplete-read" });
    await expect(readNpy(bytesReader(file), { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: "aborted" },
    );
  });
});

describe("NPY_DTYPES", () => {
  it("covers all dtypes in the table by their sizes", () => {
    for (const [name, { itemBytes }] of Object.entries(NPY_DTYPES)) {
      expect(itemBytes).toBe(Number(name.slice(1)));
    }
  });
});
