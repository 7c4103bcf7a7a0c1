import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../src/core/index.js";
import { isLodeError } from "../../../src/errors.js";
import {
  bytesReader,
  encodeTfRecordIndex,
  indexTfRecordStream,
  indexTfRecords,
  parseTfRecordIndex,
  readTfRecordAt,
  readTfRecords,
  type TfRecordEntry,
  TfRecordParser,
  type TfRecordReadOptions,
  tfRecordChunks,
  tfRecordFooter,
  tfRecordHeader,
  tfRecordSize,
} from "../../../src/formats/index.js";
import { collect, reusingChunks } from "../zip/collect.js";

const RECORDS = [Buffer.from("first"), Buffer.alloc(0), randomBytes(100), randomBytes(33)] as const;

async function fileOf(records: Iterable<Uint8Array>): Promise<Buffer> {
  return collect(tfRecordChunks(records));
}

/** The records in hex, from the file in reused chunks of `step` bytes. */
async function read(
  file: Uint8Array,
  step = file.length,
  options: TfRecordReadOptions = {},
): Promise<string[]> {
  const records: string[] = [];
  for await (const record of readTfRecords(reusingChunks(file, Math.max(1, step)), options)) {
    records.push(Buffer.from(record).toString("hex"));
  }
  return records;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A record as s3dlio writes it: masked CRC-32 of IEEE. */
function legacyRecord(data: Uint8Array): Buffer {
  const mask = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const record = Buffer.alloc(16 + data.length);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(mask(crc32(record.subarray(0, 8))), 8);
  record.set(data, 12);
  record.writeUInt32LE(mask(crc32(data)), 12 + data.length);
  return record;
}

describe("TFRecord", () => {
  it("has the bytes that TensorFlow writes for an empty record", () => {
    expect(hex(tfRecordHeader(0))).toBe("000000000000000029039807");
    expect(hex(tfRecordFooter(0))).toBe("d8ea82a2");
    expect(tfRecordSize(100)).toBe(116);
  });

  it("gives the records back, cut anywhere", async () => {
    const file = await fileOf(RECORDS);
    for (let step = 1; step <= file.length; step++) {
      expect(await read(file, step)).toEqual(RECORDS.map(hex));
    }
  });

  it("gives any records back, and tells where each one is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200 })),
        fc.integer({ min: 1, max: 500 }),
        async (records, step) => {
          const entries: TfRecordEntry[] = [];
          const chunks = tfRecordChunks(records, { onRecord: (entry) => entries.push(entry) });
          const file = await collect(chunks);
          expect(file.length).toBe(records.reduce((sum, { length }) => sum + 16 + length, 0));
          expect(await read(file, step)).toEqual(records.map(hex));
          expect(await all(indexTfRecords(bytesReader(file)))).toEqual(entries);
          expect(await all(indexTfRecordStream(reusingChunks(file, step)))).toEqual(entries);
          for (const [i, entry] of entries.entries()) {
            const record = await readTfRecordAt(bytesReader(file), entry);
            expect(hex(record)).toBe(hex(records[i]!));
          }
        },
      ),
    );
  });

  it("writes large records as they are, and small ones together", async () => {
    const large = randomBytes(100_000);
    const chunks: Uint8Array[] = [];
    for await (const chunk of tfRecordChunks([RECORDS[0], large, RECORDS[2], RECORDS[3]])) {
      chunks.push(chunk);
    }
    expect(chunks.length).toBe(3);
    expect(chunks[1]).toBe(large);
    const many = Array.from({ length: 300 }, (_, i) => randomBytes((i * 977) % 70_000));
    expect(await read(await fileOf(many), 65_536)).toEqual(many.map(hex));
  });

  it("copies nothing of a record that lies in one chunk", async () => {
    const file = await fileOf(RECORDS);
    const parser = new TfRecordParser();
    for (const record of parser.push(file)) expect(record.buffer).toBe(file.buffer);
    parser.end();
  });

  it("can be made around data that is never in memory as a whole", async () => {
    const parts = [randomBytes(10), randomBytes(20)];
    const crc = parts.reduce((sum, part) => crc32c(part, sum), 0);
    const file = Buffer.concat([tfRecordHeader(30), ...parts, tfRecordFooter(crc)]);
    expect(await read(file)).toEqual([hex(Buffer.concat(parts))]);
    expect(() => tfRecordHeader(-1)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("indexes long records by their headers alone", async () => {
    const records = Array.from({ length: 20 }, () => randomBytes(200_000));
    const file = await fileOf(records);
    let bytesRead = 0;
    const reader = {
      size: file.length,
      read: async (start: number, end: number) => {
        bytesRead += end - start;
        return file.subarray(start, end);
      },
    };
    expect((await all(indexTfRecords(reader))).length).toBe(20);
    expect(bytesRead).toBeLessThan(66_000);
  });
});

describe("damaged TFRecords", () => {
  it("tells where the record begins that is cut off", async () => {
    const file = await fileOf(RECORDS);
    const entries = await all(indexTfRecords(bytesReader(file)));
    const ends = new Set([0, ...entries.map(({ offset, length }) => offset + length)]);
    for (let cut = 0; cut < file.length; cut++) {
      const part = file.subarray(0, cut);
      if (ends.has(cut)) {
        expect((await read(part, 7)).length).toBe([...ends].indexOf(cut));
        continue;
      }
      const offset = entries.findLast((entry) => entry.offset < cut)!.offset;
      const refusal = { code: "corrupt-format", details: { offset } };
      for (const verify of ["all", "none"] as const) {
        await expect(read(part, 7, { verify })).rejects.toMatchObject(refusal);
        await expect(read(part, cut, { verify })).rejects.toMatchObject(refusal);
      }
      await expect(all(indexTfRecords(bytesReader(part)))).rejects.toMatchObject(refusal);
    }
  });

  it("finds every flipped bit", async () => {
    const file = await fileOf([RECORDS[0], RECORDS[3]]);
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = Buffer.from(file);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await expect(read(damaged)).rejects.toMatchObject({ code: "integrity" });
      await expect(read(damaged, 5)).rejects.toMatchObject({ code: "integrity" });
    }
  });

  it("compares what it is told to compare", async () => {
    const file = await fileOf([RECORDS[0]]);
    const badData = Buffer.from(file);
    badData[13]! ^= 1;
    const badLength = Buffer.from(file);
    badLength[9]! ^= 1;
    expect((await read(badData, 50, { verify: "lengths" })).length).toBe(1);
    await expect(read(badLength, 50, { verify: "lengths" })).rejects.toMatchObject({
      code: "integrity",
    });
    expect((await read(badLength, 50, { verify: "none" })).length).toBe(1);
  });

  it("refuses lengths beyond the bound before it takes memory", async () => {
    const huge = Buffer.concat([tfRecordHeader(2 ** 52), RECORDS[2]]);
    for (const options of [{}, { maxRecordBytes: Number.POSITIVE_INFINITY }]) {
      await expect(read(huge, 200, options)).rejects.toMatchObject({ code: "corrupt-format" });
    }
    const beyond = Buffer.alloc(16, 0xff);
    await expect(read(beyond, 16, { verify: "none" })).rejects.toMatchObject({
      code: "corrupt-format",
    });
    const file = await fileOf([RECORDS[2]]);
    await expect(read(file, 50, { maxRecordBytes: 99 })).rejects.toMatchObject({
      code: "corrupt-format",
    });
    expect((await read(file, 50, { maxRecordBytes: 100 })).length).toBe(1);
  });

  it("reads s3dlio's checksums on request only, and says so", async () => {
    const file = Buffer.concat([legacyRecord(RECORDS[0]), legacyRecord(RECORDS[2])]);
    await expect(read(file)).rejects.toMatchObject({
      code: "integrity",
      message: expect.stringContaining('legacyCrc: "accept"'),
    });
    const expected = [hex(RECORDS[0]), hex(RECORDS[2])];
    expect(await read(file, 11, { legacyCrc: "accept" })).toEqual(expected);
    const mixed = Buffer.concat([file, await fileOf([RECORDS[3]])]);
    expect(await read(mixed, 11, { legacyCrc: "accept" })).toEqual([...expected, hex(RECORDS[3])]);
    file[14]! ^= 1;
    await expect(read(file, 11, { legacyCrc: "accept" })).rejects.toMatchObject({
      code: "integrity",
    });
  });

  it("ends in a LodeError for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom("all" as const, "lengths" as const, "none" as const),
        async (bytes, verify) => {
          await read(bytes, 9, { verify }).catch((error: unknown) => {
            if (!isLodeError(error, "corrupt-format", "integrity")) throw error;
          });
        },
      ),
    );
  });

  it("refuses an index entry that is not of the file", async () => {
    const reader = bytesReader(await fileOf([RECORDS[2], RECORDS[3]]));
    await expect(readTfRecordAt(reader, { offset: 0, length: 117 })).rejects.toMatchObject({
      code: "corrupt-format",
    });
    await expect(readTfRecordAt(reader, { offset: 116, length: 50 })).rejects.toMatchObject({
      code: "corrupt-format",
    });
    await expect(readTfRecordAt(reader, { offset: 1, length: 116 })).rejects.toMatchObject({
      code: "integrity",
    });
    for (const entry of [
      { offset: -1, length: 116 },
      { offset: 0, length: 15 },
      { offset: 0.5, length: 20 },
    ]) {
      await expect(readTfRecordAt(reader, entry)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });

  it("ends the source when it is left early, and stops at a signal", async () => {
    let ended = false;
    async function* endless() {
      const file = await fileOf(RECORDS);
      try {
        for (;;) yield file;
      } finally {
        ended = true;
      }
    }
    for await (const _ of readTfRecords(endless())) break;
    expect(ended).toBe(true);
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of readTfRecords(endless(), { signal: controller.signal })) {
        controller.abort();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("TFRecord index", () => {
  const entries = [
    { offset: 0, length: 116 },
    { offset: 116, length: 16 },
    { offset: 2 ** 40 + 1, length: 2 ** 33 },
  ];

  it("has both known forms, which are told apart", () => {
    expect(Buffer.from(encodeTfRecordIndex(entries, "text")).toString()).toBe(
      "0 116\n116 16\n1099511627777 8589934592\n",
    );
    const binary = Buffer.from(encodeTfRecordIndex(entries, "binary"));
    expect(binary.length).toBe(48);
    expect(binary.readBigUInt64LE(32)).toBe(2n ** 40n + 1n);
    expect(binary.readBigUInt64LE(40)).toBe(2n ** 33n);
    for (const form of ["text", "binary"] as const) {
      for (let count = 0; count <= entries.length; count++) {
        const some = entries.slice(0, count);
        expect(parseTfRecordIndex(encodeTfRecordIndex(some, form))).toEqual(some);
      }
    }
    expect(parseTfRecordIndex(Buffer.from("0 116\r\n116 16"))).toEqual(entries.slice(0, 2));
  });

  it("gives any entries back", () => {
    const entry = fc.record({
      offset: fc.nat({ max: 2 ** 52 }),
      length: fc.integer({ min: 16, max: 2 ** 52 - 1 }),
    });
    fc.assert(
      fc.property(
        fc.array(entry),
        fc.constantFrom("text" as const, "binary" as const),
        (list, form) => {
          expect(parseTfRecordIndex(encodeTfRecordIndex(list, form))).toEqual(list);
        },
      ),
    );
  });

  it.each([
    ["a line with one number", Buffer.from("0 116\n116\n")],
    ["words", Buffer.from("offset length\n")],
    ["an empty line", Buffer.from("0 116\n\n116 16\n")],
    ["a negative number", Buffer.from("-1 116\n")],
    ["a record shorter than its frame", Buffer.from("0 15\n")],
    ["numbers beyond 2^53", Buffer.from("9999999999999999 16\n")],
    ["a very long line", Buffer.alloc(1_000_000, "1")],
    ["a binary form that is cut", encodeTfRecordIndex(entries, "binary").subarray(0, 40)],
    ["binary numbers beyond 2^53", Buffer.alloc(16, 0xff)],
    ["binary zeros", Buffer.alloc(16)],
  ])("refuses %s", (_, bytes) => {
    expect(() => parseTfRecordIndex(bytes)).toThrow(
      expect.objectContaining({ code: "corrupt-format" }),
    );
  });
});

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
