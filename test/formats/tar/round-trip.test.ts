import fc from "fast-check";
import { extract, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import {
  bytesReader,
  indexTar,
  readTar,
  readTarMember,
  type TarMemberInput,
  tarSize,
  writeTar,
} from "../../../src/formats/index.js";
import { all, chunked, cutAt, joined, text } from "./archives.js";

const LONG = `${"folder/".repeat(40)}name.jpg`;

const safeName = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 150 }),
    fc.stringMatching(/^[a-z/.]{1,300}$/),
  )
  .filter(
    (name) =>
      !/^[/\\]|^[A-Za-z]:|\0|\/$/.test(name) && !name.split(/[/\\]/).some((part) => part === ".."),
  );

const members = fc.uniqueArray(
  fc.record({ name: safeName, data: fc.uint8Array({ maxLength: 2000 }) }),
  { selector: ({ name }) => name, maxLength: 8 },
);

async function read(source: AsyncIterable<Uint8Array>) {
  const list: { name: string; data: Uint8Array | undefined }[] = [];
  for await (const { name, data } of readTar(source)) list.push({ name, data });
  return list;
}

describe("writeTar and readTar", () => {
  it("keep all members, and tarSize tells the size", async () => {
    await fc.assert(
      fc.asyncProperty(
        members,
        fc.boolean(),
        fc.integer({ min: 1, max: 3000 }),
        async (list, padRecord, cut) => {
          const bytes = await joined(writeTar(list, { padRecord }));
          expect(bytes.length % (padRecord ? 10_240 : 512)).toBe(0);
          const sizes = list.map(({ name, data }) => ({ name, size: data.length }));
          expect(tarSize(sizes, { padRecord })).toBe(bytes.length);
          expect(await read(chunked(bytes, cut))).toEqual(list);
          for (const source of [bytesReader(bytes), chunked(bytes, cut)]) {
            const index = await indexTar(source);
            expect(index.map(({ name, size }) => ({ name, size }))).toEqual(sizes);
            for (const [i, entry] of index.entries()) {
              expect(await readTarMember(bytesReader(bytes), entry)).toEqual(list[i]?.data);
            }
          }
        },
      ),
    );
  });

  it("reads the same wherever a chunk ends, from memory that is used again", async () => {
    const list = [
      { name: LONG, data: new Uint8Array(700).fill(7) },
      { name: "ünï/köde.txt", data: new Uint8Array(0) },
      { name: "b", data: Uint8Array.of(1, 2, 3) },
    ];
    const bytes = await joined(writeTar(list));
    // Not a divisor of a block, so that blocks are cut in different places.
    for (let at = 0; at <= bytes.length; at += 5) {
      expect(await read(cutAt(bytes, at))).toEqual(list);
    }
  });

  it("makes what tar-stream reads, and reads what it makes", async () => {
    const names = ["a.txt", LONG, `${"x".repeat(200)}.jpg`, "ünï/köde.txt", `${"y/".repeat(60)}z`];
    const bytes = await joined(
      writeTar(names.map((name) => ({ name, data: Buffer.from(`of ${name}`), mtime: 5 }))),
    );
    const seen: unknown[] = [];
    const parser = extract();
    parser.end(Buffer.from(bytes));
    for await (const entry of parser) {
      const { name, type, mtime } = entry.header;
      seen.push([
        name,
        type,
        mtime?.getTime(),
        text(await joined(entry as AsyncIterable<Uint8Array>)),
      ]);
    }
    expect(seen).toEqual(names.map((name) => [name, "file", 5000, `of ${name}`]));

    const packed = pack();
    for (const name of names) packed.entry({ name }, `of ${name}`);
    packed.entry({ name: "folder", type: "directory" });
    packed.finalize();
    const back = await read(packed as AsyncIterable<Uint8Array>);
    expect(back.map(({ name, data }) => [name, text(data)])).toEqual(
      names.map((name) => [name, `of ${name}`]),
    );
  });

  it("writes streams of a known length, large pieces without a copy", async () => {
    const large = new Uint8Array(300_000).fill(9);
    const list: TarMemberInput[] = [
      { name: "s", size: 5, data: chunked(Buffer.from("12345"), 2) },
      { name: "l", data: large },
    ];
    const pieces = await all(writeTar(list));
    expect(pieces).toContain(large);
    const [first, second] = await read(chunked(Buffer.concat(pieces), 4096));
    expect(text(first?.data)).toBe("12345");
    expect(second?.data).toEqual(large);
  });

  it("gives large members in chunks, also half read", async () => {
    const list = ["a", "b", "c"].map((name, i) => ({ name, data: new Uint8Array(5000).fill(i) }));
    const bytes = await joined(writeTar(list));
    const seen: [string, number][] = [];
    for await (const member of readTar(chunked(bytes, 700), { wholeBytes: 4999 })) {
      expect(member.data).toBeUndefined();
      let count = 0;
      for await (const chunk of member.chunks()) {
        expect(chunk.every((byte) => byte === list[seen.length]?.data[0])).toBe(true);
        count += chunk.length;
        if (member.name === "b") break;
      }
      seen.push([member.name, count]);
    }
    expect(seen.map(([name]) => name)).toEqual(["a", "b", "c"]);
    expect(seen[0]?.[1]).toBe(5000);
    expect(seen[1]?.[1]).toBeLessThan(5000);
  });

  it("refuses to read a member's chunks late or twice", async () => {
    const bytes = await joined(
      writeTar([
        { name: "a", data: new Uint8Array(900) },
        { name: "b", data: new Uint8Array(900) },
      ]),
    );
    const list = await all(readTar(chunked(bytes), { wholeBytes: 10 }));
    await expect(joined(list[0]!.chunks())).rejects.toMatchObject({ code: "invalid-argument" });
    for await (const member of readTar(chunked(bytes), { wholeBytes: 10 })) {
      expect((await joined(member.chunks())).length).toBe(900);
      await expect(joined(member.chunks())).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  it("ends its source when the reader stops early", async () => {
    let ended = false;
    async function* source() {
      try {
        yield* chunked(await joined(writeTar([{ name: "a", data: new Uint8Array(5) }])), 100);
      } finally {
        ended = true;
      }
    }
    for await (const _ of readTar(source())) break;
    expect(ended).toBe(true);
  });

  it("tells sizes from 8 GiB in a pax header", async () => {
    const size = 8 * 1024 ** 3;
    expect(tarSize([{ name: "a", size }])).toBe(size + 4 * 512 + 512);
    expect(tarSize([{ name: "a", size: size - 1 }])).toBe(size + 3 * 512);
    async function* nothing(): AsyncGenerator<Uint8Array> {}
    const pieces: Uint8Array[] = [];
    async function* first(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(300_000);
      yield* nothing();
    }
    await expect(async () => {
      for await (const p of writeTar([{ name: "a", size, data: first() }])) pieces.push(p.slice());
    }).rejects.toMatchObject({ code: "invalid-argument" });
    for await (const member of readTar(chunked(Buffer.concat(pieces)))) {
      expect(member.size).toBe(size);
      break;
    }
  });

  it.each([
    ["a name that leads out", { name: "../x", data: new Uint8Array(1) }],
    ["a folder's name", { name: "x/", data: new Uint8Array(1) }],
    ["half of a surrogate pair", { name: "a\ud800", data: new Uint8Array(1) }],
    ["a negative time", { name: "x", data: new Uint8Array(1), mtime: -1 }],
    ["an owner without room", { name: "x", data: new Uint8Array(1), uid: 8 ** 7 }],
    ["a stream that is too short", { name: "x", data: chunked(new Uint8Array(3)), size: 4 }],
    ["a stream that is too long", { name: "x", data: chunked(new Uint8Array(5)), size: 4 }],
    ["a size that is none", { name: "x", data: chunked(new Uint8Array(5)), size: 4.5 }],
  ] as [string, TarMemberInput][])("refuses to write %s", async (_, member) => {
    await expect(joined(writeTar([member]))).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("refuses an index entry beyond the archive", async () => {
    const entry = { name: "a", offset: 512, size: 9 };
    await expect(readTarMember(bytesReader(new Uint8Array(520)), entry)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
