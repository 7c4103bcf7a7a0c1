import { randomBytes } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import { bytesReader } from "../../../src/formats/index.js";
import {
  openStoredMember,
  readZipDirectory,
  readZipMember,
  type ZipCompression,
  type ZipMember,
  zipChunks,
  zipMemberChunks,
  zipSize,
} from "../../../src/formats/zip/index.js";
import { collect, reusingChunks } from "./collect.js";
import { SparseReader } from "./sparse-reader.js";

function member(name: string, content: Uint8Array, compression?: ZipCompression): ZipMember {
  return { name, size: content.length, crc32: crc32(content), content: [content], compression };
}

const memberLists = fc.uniqueArray(
  fc.record({
    name: fc.string({
      minLength: 1,
      maxLength: 8,
      unit: fc.constantFrom("a", "B", "7", "ä", "漢"),
    }),
    content: fc.uint8Array({ maxLength: 300 }),
    compression: fc.constantFrom<ZipCompression>("stored", "deflate"),
    crcBefore: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
);

async function readAll(archive: Uint8Array): Promise<Map<string, string>> {
  const reader = bytesReader(archive);
  const contents = new Map<string, string>();
  for (const entry of await readZipDirectory(reader)) {
    const whole = await readZipMember(reader, entry);
    const streamed = await collect(zipMemberChunks(reader, entry));
    expect(streamed.equals(whole)).toBe(true);
    contents.set(entry.name, Buffer.from(whole).toString("hex"));
  }
  return contents;
}

describe("zip round trip", () => {
  it("gives names and contents back, and tells its length before where all is stored", async () => {
    await fc.assert(
      fc.asyncProperty(memberLists, fc.integer({ min: 1, max: 50 }), async (list, step) => {
        const members = list.map(({ name, content, compression, crcBefore }) => ({
          name,
          size: content.length,
          compression,
          content: reusingChunks(content, step),
          ...(crcBefore && { crc32: crc32(content) }),
        }));
        const archive = await collect(zipChunks(members));
        expect(await readAll(archive)).toEqual(
          new Map(list.map(({ name, content }) => [name, Buffer.from(content).toString("hex")])),
        );
        if (list.every(({ compression }) => compression === "stored")) {
          expect(archive.length).toBe(zipSize(members));
        }
      }),
    );
  });

  it("takes empty chunks", async () => {
    const parts = ["", "some", "", "content", ""].map((text) => new Uint8Array(Buffer.from(text)));
    for (const compression of ["stored", "deflate"] as const) {
      const archive = await collect(
        zipChunks([{ name: "a", size: 11, content: parts, compression }]),
      );
      expect((await readAll(archive)).get("a")).toBe(Buffer.from("somecontent").toString("hex"));
    }
  });

  it("compresses in the same way however the content is cut", async () => {
    const words = Buffer.from("the same words again and again, ".repeat(80_000));
    const content = Buffer.concat([randomBytes(1_200_000), words, randomBytes(700_000)]);
    const archives = await Promise.all(
      [65_537, 3_000_000].map((step) =>
        collect(
          zipChunks([
            { ...member("a", content, "deflate"), content: reusingChunks(content, step) },
          ]),
        ),
      ),
    );
    expect(archives[0]!.equals(archives[1]!)).toBe(true);
    expect(archives[0]!.length).toBeLessThan(2_000_000);
    const reader = bytesReader(archives[0]!);
    const [entry] = await readZipDirectory(reader);
    expect(content.equals(await readZipMember(reader, entry!))).toBe(true);
  });

  it("reads parts of stored members, not of compressed ones", async () => {
    const content = randomBytes(5000);
    const archive = await collect(
      zipChunks([
        member("x", randomBytes(10)),
        member("a", content),
        member("z", content, "deflate"),
      ]),
    );
    const reader = bytesReader(archive);
    const entries = await readZipDirectory(reader);
    const part = await openStoredMember(reader, entries[1]!);
    expect(part.size).toBe(5000);
    expect(content.subarray(100, 200).equals(await part.read(100, 200))).toBe(true);
    await expect(openStoredMember(reader, entries[2]!)).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("finds the directory behind a comment of any length", async () => {
    const plain = await collect(zipChunks([member("a", Buffer.from("content"))]));
    for (const length of [1, 22, 65_535]) {
      const archive = Buffer.concat([plain, Buffer.alloc(length, "PK\x05\x06")]);
      archive.writeUInt16LE(length, plain.length - 2);
      expect((await readAll(archive)).size).toBe(1);
    }
  });

  it("ends the source of a member that is not read to its end", async () => {
    let ended = 0;
    async function* content() {
      try {
        for (;;) yield randomBytes(2_000_000);
      } finally {
        ended++;
      }
    }
    for (const compression of ["stored", "deflate"] as const) {
      const chunks = zipChunks([{ name: "a", size: 2 ** 40, content: content(), compression }]);
      let seen = 0;
      for await (const chunk of chunks) {
        seen += chunk.length;
        if (seen > 1_000_000) break;
      }
    }
    expect(ended).toBe(2);
  });
});

describe("what the zip writer refuses", () => {
  it.each(["", "/a", "../a", "a/../b", "..", "a\\b", "C:x", "a\0b"])(
    "the name %j",
    async (name) => {
      await expect(collect(zipChunks([member(name, randomBytes(1))]))).rejects.toMatchObject({
        code: "invalid-argument",
      });
    },
  );

  it.each([
    ["a name twice", [member("a", randomBytes(1)), member("a", randomBytes(1))]],
    ["less content than told", [{ ...member("a", randomBytes(5)), size: 6 }]],
    ["more content than told", [{ ...member("a", randomBytes(5)), size: 4 }]],
    ["another checksum than told", [{ ...member("a", Buffer.from("a")), crc32: 1 }]],
    ["less to deflate than told", [{ ...member("a", randomBytes(5), "deflate"), size: 6 }]],
    ["a size that is none", [{ ...member("a", randomBytes(5)), size: -1 }]],
  ])("%s", async (_, members) => {
    await expect(collect(zipChunks(members))).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("a name of more than 65,535 bytes", async () => {
    const chunks = zipChunks([member("ä".repeat(32_768), randomBytes(1))]);
    await expect(collect(chunks)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("passes the error of a source on", async () => {
    async function* content(): AsyncGenerator<Uint8Array> {
      yield randomBytes(3);
      throw new Error("the source broke");
    }
    for (const compression of ["stored", "deflate"] as const) {
      const chunks = zipChunks([{ name: "a", size: 9, content: content(), compression }]);
      await expect(collect(chunks)).rejects.toThrow("the source broke");
    }
  });
});

describe("zip64", () => {
  /** Members that are mostly zeros, written without making the zeros. */
  async function sparseArchive(sizes: readonly number[], crcBefore: boolean) {
    const archive = new SparseReader();
    const zeros = new Uint8Array(16 * 1024 * 1024);
    const crcs: number[] = [];
    for (const size of sizes) {
      let crc = 0;
      for (let at = 0; at < size; at += zeros.length) {
        crc = crc32(zeros.subarray(0, Math.min(zeros.length, size - at)), crc);
      }
      crcs.push(crc);
    }
    async function* content(size: number) {
      for (let at = 0; at < size; at += zeros.length) {
        yield zeros.subarray(0, Math.min(zeros.length, size - at));
      }
    }
    const members = sizes.map((size, i) => ({
      name: `member-${i}`,
      size,
      content: content(size),
      ...(crcBefore && { crc32: crcs[i]! }),
    }));
    for await (const chunk of zipChunks(members)) {
      if (chunk.buffer === zeros.buffer) archive.skip(chunk.length);
      else archive.append(chunk.slice());
    }
    return { archive, members, crcs };
  }

  it("holds members and offsets of more than 4 GiB", { timeout: 120_000 }, async () => {
    for (const crcBefore of [true, false]) {
      // The largest 32-bit number is itself the mark of a 64-bit one.
      const sizes = [crcBefore ? 2 ** 32 - 1 : 2 ** 32 + 5, 10, 20];
      const { archive, members, crcs } = await sparseArchive(sizes, crcBefore);
      expect(archive.size).toBe(zipSize(members));
      const entries = await readZipDirectory(archive);
      expect(entries.map(({ size }) => size)).toEqual(sizes);
      expect(entries.map((entry) => entry.crc32)).toEqual(crcs);
      expect(entries[1]!.headerOffset).toBeGreaterThan(2 ** 32);
      expect([...(await readZipMember(archive, entries[1]!))]).toEqual(new Array(10).fill(0));
      const large = await openStoredMember(archive, entries[0]!);
      expect([...(await large.read(2 ** 32 - 2, 2 ** 32 - 1))]).toEqual([0]);
      expect(archive.bytesRead).toBeLessThan(100_000);
    }
  });

  it("holds more than 65,535 members", async () => {
    for (const count of [65_534, 65_535, 70_000]) {
      const members = Array.from({ length: count }, (_, i) => member(`${i}`, Buffer.of(i & 255)));
      const archive = await collect(zipChunks(members));
      expect(archive.length).toBe(zipSize(members));
      const reader = bytesReader(archive);
      const entries = await readZipDirectory(reader);
      expect(entries.length).toBe(count);
      expect([...(await readZipMember(reader, entries.at(-1)!))]).toEqual([(count - 1) & 255]);
      await expect(readZipDirectory(reader, { maxEntries: count - 1 })).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });
});

/** An archive of two stored members, to be damaged. */
async function victim() {
  const archive = await collect(
    zipChunks([member("first", randomBytes(40)), member("other", randomBytes(40))]),
  );
  const directory = archive.readUInt32LE(archive.length - 6);
  return { archive, directory, second: directory + 46 + 5 };
}

async function expectRefusal(archive: Uint8Array, code = "corrupt-format"): Promise<void> {
  await expect(readAll(archive)).rejects.toMatchObject({ code });
}

describe("what the zip reader refuses", () => {
  it("damaged content", async () => {
    const { archive } = await victim();
    archive[50]! ^= 1;
    await expectRefusal(archive, "integrity");
  });

  it("encrypted members, other methods and other volumes", async () => {
    for (const [at, value] of [
      [8, 1],
      [10, 12],
      [34, 1],
    ] as const) {
      const { archive, directory } = await victim();
      archive.writeUInt16LE(value, directory + at);
      await expectRefusal(archive, "unsupported");
    }
    const { archive } = await victim();
    archive.writeUInt16LE(1, archive.length - 18);
    await expectRefusal(archive, "unsupported");
  });

  it("a size that shows only after compression, and names that are no UTF-8", async () => {
    const deflated = { ...member("a", Buffer.of(1)), compression: "deflate" } as const;
    expect(() => zipSize([deflated])).toThrow(/not known/);
    await expect(collect(zipChunks([member("\ud800", Buffer.of(1))]))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("two members of one name, and names that leave the folder", async () => {
    for (const name of ["first", "../oo", "/etc/", "a\\b.c", "D:abc"]) {
      const { archive, second } = await victim();
      archive.write(name, second + 46);
      await expectRefusal(archive);
    }
  });

  it("members that overlap, by the directory or by their own header", async () => {
    const one = await victim();
    one.archive.writeUInt32LE(0, one.second + 42);
    await expectRefusal(one.archive);
    const two = await victim();
    two.archive.writeUInt16LE(10, 28);
    await expectRefusal(two.archive);
    const three = await victim();
    three.archive.writeUInt32LE(three.directory, three.second + 42);
    await expectRefusal(three.archive);
  });

  it("a header that contradicts the directory", async () => {
    for (const at of [0, 8, 14, 18, 22, 26, 30]) {
      const { archive } = await victim();
      archive[at]! ^= 8;
      await expectRefusal(archive);
    }
  });

  it("bytes before the archive, or between its parts", async () => {
    const { archive, directory } = await victim();
    await expectRefusal(Buffer.concat([Buffer.from("#!/bin/sh\n"), archive]));
    await expectRefusal(
      Buffer.concat([archive.subarray(0, directory), Buffer.alloc(4), archive.subarray(directory)]),
    );
  });

  it("deflate streams that hold more or less than told, or do not end", async () => {
    const zeros = new Uint8Array(100_000);
    const bomb = deflateRawSync(zeros);
    async function deflateArchive(size: number, stream: Uint8Array, crc: number) {
      const archive = await collect(zipChunks([member("a", stream)]));
      const directory = archive.readUInt32LE(archive.length - 6);
      for (const at of [8, directory + 10]) archive.writeUInt16LE(8, at);
      for (const at of [22, directory + 24]) archive.writeUInt32LE(size, at);
      for (const at of [14, directory + 16]) archive.writeUInt32LE(crc, at);
      return archive;
    }
    expect((await readAll(await deflateArchive(100_000, bomb, crc32(zeros)))).size).toBe(1);
    await expectRefusal(await deflateArchive(99_999, bomb, crc32(zeros.subarray(1))));
    await expectRefusal(await deflateArchive(100_001, bomb, crc32(zeros)));
    await expectRefusal(await deflateArchive(100_000, bomb, 1), "integrity");
    await expectRefusal(await deflateArchive(100_000, bomb.subarray(0, -3), crc32(zeros)));
    await expectRefusal(
      await deflateArchive(100_000, Buffer.concat([bomb, Buffer.alloc(9)]), crc32(zeros)),
    );
    await expectRefusal(await deflateArchive(100_000, randomBytes(bomb.length).fill(0xff), 1));
    const allowed = await deflateArchive(100_000, bomb, crc32(zeros));
    const [entry] = await readZipDirectory(bytesReader(allowed));
    await expect(
      readZipMember(bytesReader(allowed), entry!, { maxInflatedBytes: 99_999 }),
    ).rejects.toMatchObject({ code: "unsupported" });
    // A ratio that deflate cannot have is refused before anything is read.
    await expectRefusal(await deflateArchive(2 ** 31, bomb, crc32(zeros)));
  });

  it("every cut of an archive", async () => {
    const { archive } = await victim();
    for (let cut = 0; cut < archive.length; cut++) await expectRefusal(archive.subarray(0, cut));
  });

  it("any damage, with a LodeError or with contents that have their checksum", async () => {
    const many = await collect(
      zipChunks([
        member("first", randomBytes(40)),
        { ...member("second", randomBytes(30)), crc32: undefined },
        member("third", Buffer.alloc(200, "abc"), "deflate"),
      ]),
    );
    const damage = fc.array(
      fc.tuple(fc.nat({ max: many.length - 1 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (places) => {
        const bytes = Buffer.from(many);
        for (const [at, value] of places) bytes[at] = value;
        await readAll(bytes).catch((error: unknown) => {
          if (!isLodeError(error, "corrupt-format", "unsupported", "integrity")) throw error;
        });
      }),
      { numRuns: 500 },
    );
  });

  it("any bytes at all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await expectRefusal(bytes);
      }),
    );
  });
});
