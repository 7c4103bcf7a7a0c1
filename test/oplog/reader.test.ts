import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError, type LodeError } from "../../src/errors.js";
import { loadZstdCompress } from "../../src/formats/index.js";
import {
  entryToJson,
  formatRow,
  headerLine,
  type OpLogEntry,
  type ReadOpLogOptions,
  readOpLog,
} from "../../src/oplog/index.js";
import { chunksOf, entries, entry } from "./sample-entries.js";

async function read(
  bytes: Uint8Array | string,
  options: ReadOpLogOptions & { step?: number } = {},
): Promise<OpLogEntry[]> {
  const rows: OpLogEntry[] = [];
  const chunks = chunksOf(Buffer.from(bytes), options.step);
  for await (const batch of readOpLog(chunks, options)) rows.push(...batch);
  return rows;
}

/** What the columns tell: the rest stands in notes. */
function inColumns(row: OpLogEntry): OpLogEntry {
  return { ...row, offset: undefined, store: undefined, source: undefined };
}

const HEADER = headerLine(13);

describe("readOpLog", () => {
  it("reads back what was formatted, as TSV and as CSV, cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(
        entries,
        fc.constantFrom("\t", ","),
        fc.nat(200),
        async (rows, delimiter, step) => {
          const d = delimiter as "\t" | ",";
          const lines = rows.map((row, index) => formatRow(row, index, 13, d)).join("");
          expect(await read(headerLine(13, d) + lines, { step: step + 1 })).toEqual(
            rows.map(inColumns),
          );
        },
      ),
    );
  });

  it("reads 15 columns with the last byte and warp's categories", async () => {
    const row = entry({ lastByteNs: 8_000_000, categories: 3 });
    expect(await read(headerLine(15) + formatRow(row, 0, 15))).toEqual([row]);
  });

  it("reads JSON lines with all that a row can tell", async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(200), async (rows, step) => {
        fc.pre(rows.length > 0);
        const lines = rows.map((row) => `${JSON.stringify(entryToJson(row))}\n`).join("");
        expect(await read(lines, { step: step + 1 })).toEqual(rows);
      }),
    );
  });

  it("reads the 11 columns of old logs of warp", async () => {
    const log =
      "idx\tthread\top\tn_objects\tbytes\tfile\terror\tstart\tfirst_byte\tend\tduration_ns\n" +
      "0\t7\tGET\t1\t10485760\tf.rnd\t\t2020-01-07T16:35:19.3717414Z\t2020-01-07T16:35:19.3917414Z\t2020-01-07T16:35:19.4717414Z\t100000000\n";
    expect(await read(log)).toEqual([
      entry({
        thread: 7,
        clientId: "",
        bytes: 10_485_760,
        endpoint: "",
        file: "f.rnd",
        startSeconds: 1_578_414_919,
        startNanos: 371_741_400,
        firstByteNs: 20_000_000,
        durationNs: 100_000_000,
      }),
    ]);
  });

  it("passes over comments, empty lines, unknown columns and a byte order mark", async () => {
    const log =
      "\uFEFF# warp get --host x\n\nop\tstart\tend\tbytes\tfile\tflavour\r\n" +
      "# note\nGET\t2025-07-27T19:30:05Z\t2025-07-27T19:30:06Z\t5\tk\tmild\r\n\n" +
      "put\t2025-07-27T19:30:07Z\t2025-07-27T19:30:07.5Z\t6\tl\tmild\n# warp, the end\n";
    const rows = await read(log, { step: 7 });
    expect(rows.map(({ index, op, bytes, durationNs }) => [index, op, bytes, durationNs])).toEqual([
      [0, "GET", 5, 1_000_000_000],
      [1, "PUT", 6, 500_000_000],
    ]);
  });

  it("takes apart what s3dlio writes", async () => {
    const row = (op: string, endpoint: string, file: string) =>
      `0\t8429492853746382111\t${op}\t\t1\t5\t${endpoint}\t${file}\t\t2025-07-27T19:30:05.000000001Z\t\t2025-07-27T19:30:05.000000009Z\t8\n`;
    const rows = await read(
      HEADER +
        row("GET", "s3://bucket", "bucket/a/b") +
        row("GET_RANGE", "http://10.0.0.5:9000", "a/b[8388608-16777215]") +
        row("GET_RANGE", "s3://bucket", "bucket/a/b[100-]") +
        row("HEAD", "file://", "/tmp/a/b") +
        row("DELETE_BATCH", "az://account", "account/container/k") +
        row("put", "http://10.0.0.5:9000", "a[1-2]"),
    );
    expect(
      rows.map(({ op, store, file, offset, thread }) => [op, store, file, offset, thread]),
    ).toEqual([
      ["GET", "s3://bucket", "a/b", undefined, 0],
      ["GET", undefined, "a/b", 8_388_608, 0],
      ["GET", "s3://bucket", "a/b", 100, 0],
      ["STAT", "file:///", "tmp/a/b", undefined, 0],
      ["DELETE", "az://account/container", "k", undefined, 0],
      ["PUT", undefined, "a[1-2]", undefined, 0],
    ]);
  });

  it("gives threads that are hashes small numbers, the same for the same", async () => {
    const row = (thread: string) =>
      `0\t${thread}\tGET\t\t1\t5\t\tf\t\t2025-07-27T19:30:05Z\t\t2025-07-27T19:30:06Z\t8\n`;
    const threads = ["8429492853746382111", "18429492853746382111", "8429492853746382111", "99999"];
    const rows = await read(HEADER + threads.map(row).join(""));
    expect(rows.map(({ thread }) => thread)).toEqual([0, 1, 0, 2]);
  });

  it("reports a log whose end is missing after all whole rows, and throws where nobody listens", async () => {
    const compress = await loadZstdCompress();
    const frame = (from: number) =>
      compress(
        Buffer.from(
          Array.from({ length: 500 }, (_, i) => formatRow(entry(), from + i, 13)).join(""),
        ),
        1,
      );
    const log = Buffer.concat([compress(Buffer.from(HEADER), 1), frame(0), frame(500)]);
    const firstEnds = log.length - frame(500).length;
    for (let size = firstEnds + 1; size < log.length; size += 97) {
      let told: LodeError | undefined;
      const rows = await read(log.subarray(0, size), { onTruncated: (error) => (told = error) });
      expect(told?.code).toBe("incomplete-read");
      expect(rows.length).toBeGreaterThanOrEqual(500);
      expect(rows.map(({ index }) => index)).toEqual(rows.map((_, index) => index));
      await expect(read(log.subarray(0, size))).rejects.toMatchObject({ code: "incomplete-read" });
    }
    expect(await read(log)).toHaveLength(1000);
  });

  it("takes the last row of plain text without a line end, but not half of one", async () => {
    const row = formatRow(entry(), 0, 13);
    expect(await read(HEADER + row.trimEnd())).toEqual([entry()]);
    let told = 0;
    const rows = await read(HEADER + row + row.slice(0, 60), { onTruncated: () => told++ });
    expect([rows.length, told]).toEqual([1, 1]);
  });

  it("names the row and what is wrong with it", async () => {
    const bad = (from: string, to: string) =>
      read(HEADER + formatRow(entry(), 0, 13) + formatRow(entry(), 1, 13).replace(from, to));
    await expect(bad("20971520", "many")).rejects.toThrow(/^row 2: its bytes is no whole number/);
    await expect(bad("20971520", "99999999999999999999")).rejects.toThrow(
      /row 2: its bytes is too large/,
    );
    await expect(bad("2025-07-27T19:30:05.000000001Z", "yesterday")).rejects.toThrow(
      /row 2: its start/,
    );
    await expect(bad("\tGET\t", "\tGET\t\t")).rejects.toThrow(
      /row 2: it has 14 fields, the header 13/,
    );
    await expect(bad("data/", '"data"/')).rejects.toThrow(/row 2: a closing quote/);
    await expect(read("a\tb\n1\t2\n")).rejects.toThrow(/no column op and no start/);
    await expect(read("")).rejects.toThrow(/empty/);
    await expect(read('{"op":"GET"}\n')).rejects.toThrow(/line 1: it tells no start/);
    await expect(read('{"op":"GET","start":"x"}\n{')).rejects.toThrow(
      /line 1: its start is no time/,
    );
  });

  it("refuses a line without end before it fills the memory", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(HEADER);
      for (;;) yield Buffer.alloc(1024 * 1024, "a");
    }
    const reading = async () => {
      for await (const _ of readOpLog(endless()));
    };
    await expect(reading()).rejects.toThrow(/longer than 16777216 bytes/);
  });

  it("answers any bytes with rows or a LodeError", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.string({ maxLength: 200 }).map((text) => Buffer.from(HEADER + text)),
          fc.string({ maxLength: 200 }).map((text) => Buffer.from(`{${text}\n`)),
        ),
        async (bytes) => {
          try {
            await read(bytes, { onTruncated: () => undefined, step: 11 });
          } catch (error) {
            expect(isLodeError(error)).toBe(true);
          }
        },
      ),
    );
  });
});
