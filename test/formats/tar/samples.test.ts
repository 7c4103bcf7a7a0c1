import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  readPlacedSamples,
  readSamples,
  type Sample,
  sampleMembers,
  splitMemberName,
  writeTar,
} from "../../../src/formats/index.js";
import { all, archive, chunked, cutAt, joined, pax, text } from "./archives.js";

describe("splitMemberName", () => {
  it.each([
    ["a.jpg", "a", "jpg"],
    ["d/a.jpg", "d/a", "jpg"],
    ["d.x/a.seg.PNG", "d.x/a", "seg.png"],
    ["./a.jpg", "./a", "jpg"],
    ["a.", "a", ""],
    ["d/.hidden", "d/", "hidden"],
    ["d.x/e/.hidden", "d.x/e/", "hidden"],
    ["_a_.b", "_a_", "b"],
    ["a/__b__.c", "a/__b__", "c"],
    ["__a__b.c", "__a__b", "c"],
    ["__a__.b", "__a__", "b"],
  ])("reads %j as %j and %j", (name, key, field) => {
    expect(splitMemberName(name)).toEqual({ key, field });
  });

  it.each(["a", "d.x/a", ".hidden", "d.x/.hidden", "__meta__", "__meta__/a.jpg", "__a.b__", ""])(
    "leaves %j out",
    (name) => {
      expect(splitMemberName(name)).toBeUndefined();
    },
  );
});

/** What names a sample: WebDataset leaves out much of what begins with two underscores. */
const word = fc.stringMatching(/^[a-z0-9_ü/]{0,5}[a-z0-9]$/).filter((w) => !/^(\/|__)/.test(w));
const samples = fc.uniqueArray(
  fc.record({
    key: word,
    fields: fc
      .dictionary(
        fc.stringMatching(/^[a-z]{1,4}(\.[a-z]{1,3})?$/),
        fc.uint8Array({ maxLength: 900 }),
        {
          minKeys: 1,
          maxKeys: 4,
        },
      )
      .map((fields) => new Map(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))),
  }),
  { selector: ({ key }) => key, maxLength: 6 },
);

async function shard(list: readonly Sample[]): Promise<Uint8Array> {
  return joined(writeTar(list.flatMap(sampleMembers)));
}

describe("readSamples and sampleMembers", () => {
  it("keep all samples", async () => {
    await fc.assert(
      fc.asyncProperty(samples, fc.integer({ min: 1, max: 3000 }), async (list, cut) => {
        expect(await all(readSamples(chunked(await shard(list), cut)))).toEqual(list);
      }),
    );
  });

  it("reads the same wherever a chunk ends, from memory that is used again", async () => {
    const list = ["a", "b"].map((key) => ({
      key,
      fields: new Map([
        ["cls", Uint8Array.of(1)],
        ["jpg", new Uint8Array(600).fill(2)],
      ]),
    }));
    const bytes = await shard(list);
    for (let at = 0; at <= bytes.length; at += 7) {
      expect(await all(readSamples(cutAt(bytes, at)))).toEqual(list);
    }
  });

  it("copies from Buffers too, whose slice is a view", async () => {
    const bytes = await shard([{ key: "a", fields: new Map([["x", Uint8Array.of(1, 2, 3)]]) }]);
    async function* source() {
      const memory = Buffer.from(bytes);
      yield memory;
      memory.fill(9);
    }
    const [sample] = await all(readSamples(source()));
    expect([...(sample?.fields.get("x") ?? [])]).toEqual([1, 2, 3]);
  });

  it("tells where each sample begins, from anywhere on", async () => {
    const plain = (name: string) => ({ name, data: name });
    const bytes = archive([
      ...["__m__/x", "a.x", "a.y", "README"].map(plain),
      pax({ path: "long/b.x" }),
      ...["cut", "c.x"].map(plain),
    ]);
    const placed = await all(readPlacedSamples(chunked(bytes)));
    expect(placed.map(({ key, offset }) => [key.slice(-1), offset])).toEqual([
      ["a", 1024],
      ["b", 4 * 1024],
      ["c", 6 * 1024],
    ]);
    for (const [i, { offset: position, byteLength, fields }] of placed.entries()) {
      expect([...fields.values()].reduce((sum, { length }) => sum + length, 0)).toBe(byteLength);
      const rest = await all(readPlacedSamples(chunked(bytes.subarray(position)), { position }));
      expect(rest.map(({ key, offset }) => [key, offset])).toEqual(
        placed.slice(i).map(({ key, offset }) => [key, offset]),
      );
    }
    const cut = bytes.subarray(6 * 1024, 6 * 1024 + 100);
    await expect(
      all(readPlacedSamples(chunked(cut), { position: 6 * 1024 })),
    ).rejects.toMatchObject({ code: "corrupt-format", details: { offset: 6 * 1024 + 100 } });
  });

  it("groups only members that follow each other, without those of no sample", async () => {
    const names = ["a.x", "b.x", "a.y", "README", "a.z", "__info__", "__meta__/b.x", "b.y"];
    const bytes = archive(names.map((name) => ({ name, data: name })));
    const seen = (await all(readSamples(chunked(bytes)))).map(({ key, fields }) => [
      key,
      [...fields].map(([field, data]) => `${field}=${text(data)}`).join(),
    ]);
    expect(seen).toEqual([
      ["a", "x=a.x"],
      ["b", "x=b.x"],
      ["a", "y=a.y,z=a.z"],
      ["b", "y=b.y"],
    ]);
  });

  it("keeps names such as __proto__ apart from objects", async () => {
    const [sample] = await all(readSamples(chunked(archive([{ name: "a.__proto__", data: "x" }]))));
    expect(text(sample?.fields.get("__proto__"))).toBe("x");
  });

  it("refuses a field that comes twice, also in another case", async () => {
    const bytes = archive([{ name: "a.jpg" }, { name: "a.JPG" }]);
    await expect(all(readSamples(chunked(bytes)))).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining('its field "jpg" twice'),
    });
  });

  it("bounds a sample in bytes and in number of empty fields", async () => {
    const large = archive([{ name: "a.x", data: "1".repeat(5000) }]);
    const many = archive(Array.from({ length: 12 }, (_, i) => ({ name: `a.${i}` })));
    for (const bytes of [large, many]) {
      await expect(
        all(readSamples(chunked(bytes), { maxSampleBytes: 4096 })),
      ).rejects.toMatchObject({ code: "corrupt-format" });
      expect(await all(readSamples(chunked(bytes)))).toHaveLength(1);
    }
  });

  it.each([
    ["a.b", "x"],
    ["a", "X"],
    ["a", "x/y"],
    ["__a__", "b__"],
    ["", "x"],
  ])("refuses to write key %j with field %j", (key, field) => {
    const fields = new Map([[field, new Uint8Array(1)]]);
    expect(() => sampleMembers({ key, fields })).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
