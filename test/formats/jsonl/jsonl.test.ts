import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import { type JsonlReadOptions, jsonlChunks, readJsonl } from "../../../src/formats/index.js";
import { collect, reusingChunks } from "../zip/collect.js";

async function read(text: string | Uint8Array, step = 7, options: JsonlReadOptions = {}) {
  const values: unknown[] = [];
  for await (const value of readJsonl(reusingChunks(Buffer.from(text), step), options)) {
    values.push(value);
  }
  return values;
}

describe("JSON lines", () => {
  it("keep every value, wherever a chunk ends", async () => {
    // Without -0, which JSON has no text for, and the key that is refused.
    const value = fc
      .jsonValue()
      .map((any) => JSON.parse(JSON.stringify(any)))
      .filter((any) => !JSON.stringify(any).includes("__proto__"));
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.integer({ min: 1, max: 50 }), async (values, step) => {
        const bytes = await collect(jsonlChunks(values));
        expect(await read(bytes, step)).toEqual(values);
      }),
    );
  });

  it("leave in chunks, and come from streams", async () => {
    async function* values() {
      for (let i = 0; i < 10_000; i++) yield { i, text: "x".repeat(100) };
    }
    let chunks = 0;
    async function* counted() {
      for await (const chunk of jsonlChunks(values())) {
        chunks++;
        yield chunk;
      }
    }
    let count = 0;
    for await (const line of readJsonl(counted())) {
      expect(line).toEqual({ i: count++, text: "x".repeat(100) });
    }
    expect(count).toBe(10_000);
    expect(chunks).toBeGreaterThan(2);
  });

  it("end in LF or CRLF or the file, and may be empty", async () => {
    for (const step of [1, 2, 3, 100]) {
      expect(await read('1\r\n\r\n\n"ü"\n[2]', step)).toEqual([1, "ü", [2]]);
      expect(await read("", step)).toEqual([]);
      expect(await read("\n\n", step)).toEqual([]);
      expect(await read("\ufeff1\n2\n", step)).toEqual([1, 2]);
    }
  });

  it.each([
    ["1\n{\n", 2],
    ["1\n\n2 3\n", 3],
    ["1\n2\n\ufeff3", 3],
    ["NaN\n", 1],
    ["1\n'a'\n", 2],
    ["1\r2\n[1,]\n", 1],
    [Buffer.from([0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a]), 2],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22, 0x0a]), 1],
    ['1\n{"a":[{"__proto__":{"x":1}}]}', 2],
    ['{"\\u005f_proto__":{"x":1}}', 1],
    ["[".repeat(1_000_000), 1],
  ])("%j is refused in line %i", async (text, line) => {
    await expect(read(text)).rejects.toMatchObject({
      code: "corrupt-format",
      details: { line },
      message: expect.stringMatching(new RegExp(`^line ${line} .{0,300}$`)),
    });
  });

  it("may speak of __proto__", async () => {
    expect(await read('{"a":"__proto__","__proto":1}')).toEqual([{ a: "__proto__", __proto: 1 }]);
  });

  it("are no longer than the limit", async () => {
    const text = '1\n"56789"\n';
    expect(await read(text, 3, { maxLineBytes: 7 })).toEqual([1, "56789"]);
    for (const step of [1, 4, 100]) {
      await expect(read(text, step, { maxLineBytes: 6 })).rejects.toMatchObject({
        code: "corrupt-format",
        details: { line: 2 },
      });
    }
  });

  it("that do not end are refused before they are in memory", async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(1024 ** 2).fill(0x20);
    }
    const lines = readJsonl(endless(), { maxLineBytes: 10 * 1024 ** 2 });
    await expect(lines.next()).rejects.toMatchObject({ code: "corrupt-format" });
  });

  it("stop for a signal", async () => {
    await expect(read("1\n", 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  const circular: unknown[] = [];
  circular.push(circular);
  it.each([[undefined], [() => 1], [1n], [circular]])(
    "have no text for some values",
    async (value) => {
      await expect(collect(jsonlChunks([1, value]))).rejects.toMatchObject({
        code: "invalid-argument",
        details: { line: 2 },
      });
    },
  );

  it("end in a LodeError, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.integer({ min: 1, max: 9 }), async (bytes, step) => {
        try {
          await read(bytes, step);
        } catch (error) {
          if (!isLodeError(error, "corrupt-format")) throw error;
        }
      }),
    );
  });
});
