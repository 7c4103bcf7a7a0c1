import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesReader,
  indexTar,
  readSamples,
  readTar,
  type TarReadOptions,
  writeTar,
} from "../../../src/formats/index.js";
import { isLodeError } from "../../../src/index.js";
import { all, archive, chunked, joined, pax, type RawMember, text } from "./archives.js";

async function read(bytes: Uint8Array, options: TarReadOptions = {}) {
  const members = await all(readTar(chunked(bytes), options));
  const index = await indexTar(bytesReader(bytes), options);
  expect(index).toEqual(members.map(({ name, size, offset }) => ({ name, size, offset })));
  return members.map(({ name, data }) => [name, text(data)]);
}

async function expectCorrupt(bytes: Uint8Array, message: RegExp, options: TarReadOptions = {}) {
  const expected = expect.objectContaining({
    code: "corrupt-format",
    message: expect.stringMatching(message),
    details: { offset: expect.any(Number) },
  });
  await expect(all(readTar(chunked(bytes), options))).rejects.toEqual(expected);
  await expect(indexTar(chunked(bytes), options)).rejects.toEqual(expected);
  await expect(indexTar(bytesReader(bytes), options)).rejects.toEqual(expected);
}

const setSize = (field: Uint8Array) => (block: Uint8Array) => block.set(field, 124);
const base256 = (...bytes: number[]) =>
  Uint8Array.from([...bytes, ...Array(12 - bytes.length).fill(0)]);

describe("names", () => {
  it.each([
    "../x",
    "a/../x",
    "a/..",
    "..",
    "..\\x",
    "a\\..\\x",
    "/x",
    "\\x",
    "C:x",
    "c:/x",
    "c:\\x",
  ])("refuses %j, in the header, by pax and by GNU", async (name) => {
    await expectCorrupt(archive([{ name, data: "x" }]), /its name/);
    await expectCorrupt(archive([pax({ path: name }), { name: "good", data: "x" }]), /its name/);
    await expectCorrupt(archive([pax({ path: name }, "g"), { name: "good" }]), /its name/);
    await expectCorrupt(
      archive([{ name: "././@LongLink", type: "L", data: `${name}\0` }, { name: "good" }]),
      /its name/,
    );
  });

  it.each(["..a", "a..b/c..", "./a", "...", "ab:c", "a\\b"])("takes %j", async (name) => {
    expect(await read(archive([{ name, data: "x" }]))).toEqual([[name, "x"]]);
  });

  it("refuses NUL and empty names, and what is no UTF-8", async () => {
    await expectCorrupt(archive([pax({ path: "a\0b" }), { name: "g" }]), /NUL/);
    await expectCorrupt(archive([{ name: "l", type: "L", data: "a\0b\0" }, { name: "g" }]), /NUL/);
    await expectCorrupt(archive([{ name: "" }]), /empty/);
    const latin1 = (block: Uint8Array) => block.set([0xe4, 0x62], 0);
    await expectCorrupt(archive([{ name: "ab", change: latin1 }]), /UTF-8/);
  });

  it("ends a name of the header at its NUL", async () => {
    const bytes = archive([{ name: "ab", change: (block) => block.set(Buffer.from("/../x"), 3) }]);
    expect(await read(bytes)).toEqual([["ab", ""]]);
  });

  it("refuses a name that comes twice in an index; a stream gives both", async () => {
    const bytes = archive([
      { name: "a", data: "1" },
      { name: "a", data: "2" },
    ]);
    await expect(indexTar(bytesReader(bytes))).rejects.toMatchObject({ code: "corrupt-format" });
    const members = await all(readTar(chunked(bytes)));
    expect(members.map(({ data }) => text(data))).toEqual(["1", "2"]);
  });
});

describe("members that are no files", () => {
  const link = (block: Uint8Array) => block.set(Buffer.from("/etc"), 157);
  const kinds: [string, RawMember][] = [
    ["a hard link", { name: "out", type: "1", change: link }],
    ["a symbolic link", { name: "out", type: "2", change: link }],
    ["a character device", { name: "out", type: "3" }],
    ["a block device", { name: "out", type: "4" }],
    ["a fifo", { name: "out", type: "6" }],
    ["an unknown kind", { name: "out", type: "V", data: "content" }],
  ];

  it.each(kinds)("passes over %s, or refuses it if told so", async (_, member) => {
    const bytes = archive([member, { name: "out/passwd", data: "x" }]);
    expect(await read(bytes)).toEqual([["out/passwd", "x"]]);
    await expectCorrupt(bytes, /no regular file/, { special: "refuse" });
  });

  it("passes over folders always, also V7's", async () => {
    const folders = [{ name: "a/", type: "5" }, { name: "b/", type: "\0" }, { name: "c/" }];
    const bytes = archive([...folders, { name: "a/x", type: "\0", data: "1" }]);
    expect(await read(bytes, { special: "refuse" })).toEqual([["a/x", "1"]]);
  });

  it.each(["1", "2", "3", "4", "5", "6"])("refuses content behind kind %s", async (type) => {
    const hidden = archive([{ name: "hidden", data: "x" }], 0);
    await expectCorrupt(archive([{ name: "l", type, data: hidden }]), /with content/);
  });

  it("refuses sparse files", async () => {
    const sparse = [
      archive([{ name: "s", type: "S", data: "x" }]),
      archive([pax({ "GNU.sparse.major": "1" }), { name: "s", data: "x" }]),
    ];
    for (const bytes of sparse) {
      await expect(read(bytes)).rejects.toMatchObject({ code: "unsupported" });
    }
  });
});

describe("sizes", () => {
  it("reads base 256", async () => {
    const field = base256(0x80);
    field[11] = 3;
    expect(await read(archive([{ name: "a", data: "xyz", change: setSize(field) }]))).toEqual([
      ["a", "xyz"],
    ]);
  });

  it.each([
    ["negative", base256(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ["beyond 2^53", base256(0x80, 1)],
    ["of a reserved form", base256(0xc0)],
    ["no octal number", Buffer.from("0000000000x")],
    ["with a sign", Buffer.from("-0000000001")],
  ])("refuses a size that is %s", async (_, field) => {
    await expectCorrupt(archive([{ name: "a", change: setSize(field) }]), /size/);
  });

  it("takes the size from pax, checked like the header's", async () => {
    const records = [pax({ size: "3" }), { name: "a", data: "xyz", size: 0 }];
    expect(await read(archive(records))).toEqual([["a", "xyz"]]);
    for (const size of ["-1", "1e3", "0x10", " 3", "9007199254740992", "99999999999999999999"]) {
      await expectCorrupt(archive([pax({ size }), { name: "a" }]), /pax size/);
    }
  });

  it("refuses a size that is larger than what is there, before it takes memory", async () => {
    await expectCorrupt(archive([{ name: "a", size: 8 * 1024 ** 3 - 1 }]), /it ends here/);
    await expectCorrupt(archive([{ name: "a", size: 4096 }]), /it ends here/);
    await expectCorrupt(archive([{ name: "x", type: "x", size: 8 * 1024 ** 3 - 1 }]), /too large/);
  });
});

describe("headers", () => {
  it("refuses a wrong checksum and takes one of signed bytes", async () => {
    const wrong = archive([{ name: "a" }, { name: "b" }]);
    wrong[512] = wrong[512]! ^ 1;
    await expectCorrupt(wrong, /byte 512: the header's checksum/);

    const signed = archive([{ name: "ä" }]);
    const block = signed.subarray(0, 512);
    block.set(Buffer.from("ä"), 0);
    block.fill(0x20, 148, 156);
    const sum = new Int8Array(block).reduce((a, b) => a + b, 0);
    block.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    expect(await read(signed)).toEqual([["ä", ""]]);
  });

  it("reads the prefix of ustar and not what GNU has in its place", async () => {
    const prefix = (block: Uint8Array) => block.set(Buffer.from("some/folder"), 345);
    expect(await read(archive([{ name: "a", change: prefix }]))).toEqual([["some/folder/a", ""]]);
    const gnu = (block: Uint8Array) => {
      prefix(block);
      block.set(Buffer.from("ustar  \0"), 257);
    };
    expect(await read(archive([{ name: "a", change: gnu }]))).toEqual([["a", ""]]);
    const v7 = (block: Uint8Array) => block.fill(0, 257);
    expect(await read(archive([{ name: "a", type: "\0", change: v7 }]))).toEqual([["a", ""]]);
  });

  it("applies pax and GNU names to one member, global ones to all that follow", async () => {
    const bytes = archive([
      pax({ path: "p", linkpath: "/nowhere", comment: "c" }),
      { name: "a", data: "1" },
      { name: "l", type: "K", data: "/a/long/target\0" },
      { name: "l", type: "L", data: "gnu\0" },
      { name: "b", data: "2" },
      { name: "c", data: "3" },
      pax({ size: "1" }, "g"),
      { name: "d", data: "4", size: 0 },
      pax({ size: "" }),
      { name: "e", data: "" },
    ]);
    expect((await read(bytes)).map(([name, data]) => `${name}${data}`)).toEqual([
      "p1",
      "gnu2",
      "c3",
      "d4",
      "e",
    ]);
  });

  it.each([
    "9 a=b\n",
    "0 a=b\n",
    "6 a=bc",
    "6 a=b\n7 a=b\n",
    "x a=b\n",
    "6a=bc\n",
    "99999999999999999999 a=b\n",
    "5 ab\n",
    "3 \n",
  ])("refuses the pax record %j", async (data) => {
    await expectCorrupt(archive([{ name: "x", type: "x", data }, { name: "a" }]), /pax record/);
  });

  it("refuses an archive that ends behind an extended header", async () => {
    await expectCorrupt(archive([pax({ path: "a" })]), /without the member/);
  });
});

describe("the end", () => {
  it("is required unless told otherwise, and never within a member", async () => {
    const bytes = archive([{ name: "a", data: "x".repeat(600) }], 512);
    for (let length = 0; length < bytes.length; length++) {
      await expectCorrupt(bytes.subarray(0, length), /it ends/);
    }
    expect(await read(bytes)).toHaveLength(1);
    const unmarked = bytes.subarray(0, -512);
    expect(await read(unmarked, { end: "optional" })).toHaveLength(1);
    await expectCorrupt(new Uint8Array(0), /it ends/, { end: "optional" });
    await expectCorrupt(unmarked.subarray(0, -1), /it ends/, { end: "optional" });
  });

  it("lets nothing behind it in", async () => {
    const bytes = Buffer.concat([archive([{ name: "a" }]), archive([{ name: "b" }])]);
    expect(await read(new Uint8Array(bytes))).toEqual([["a", ""]]);
  });
});

describe("any bytes", () => {
  async function onlyLodeErrors(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!isLodeError(error, "corrupt-format", "unsupported")) throw error;
    }
  }

  it("end in members or in an error of ours", async () => {
    const base = await joined(
      writeTar([
        { name: "ünï.jpg", data: new Uint8Array(700) },
        { name: `${"a/".repeat(140)}b.cls`, data: new Uint8Array(3) },
      ]),
    );
    const change = fc.tuple(fc.nat(base.length - 1), fc.nat(255));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2048 }),
      fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
        const damaged = base.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        return damaged;
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (damaged) => {
        await onlyLodeErrors(() => all(readTar(chunked(damaged, 300))));
        await onlyLodeErrors(() => all(readSamples(chunked(damaged, 300))));
        await onlyLodeErrors(() => indexTar(bytesReader(damaged)));
      }),
      { numRuns: 500 },
    );
  });
});
