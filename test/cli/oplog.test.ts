import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { OpLogWriter, type OpLogWriterOptions } from "../../src/oplog/index.js";
import { entry } from "../oplog/sample-entries.js";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (...argv: string[]) => lode(["oplog", ...argv], { cwd: folder.path });

async function writeLog(name: string, options: OpLogWriterOptions = {}): Promise<void> {
  const writer = await OpLogWriter.create(join(folder.path, name), { lossless: true, ...options });
  // Ends in the reverse order of starts; two sizes, one failure.
  for (let i = 9; i >= 0; i--) {
    writer.append(
      entry({
        op: i === 3 ? "PUT" : "GET",
        thread: i % 2,
        bytes: i < 5 ? 4096 : 1_000_000,
        error: i === 7 ? "timeout: too slow" : "",
        startSeconds: 1_753_644_605 + i,
        startNanos: 0,
        durationNs: 1_000_000 * (i + 1),
        firstByteNs: 500_000,
        offset: i,
      }),
    );
  }
  await writer.close();
}

beforeEach(() => writeLog("log"));

describe("lode oplog", () => {
  it("sums up operations by size, with failures apart", async () => {
    const { code, stdout, stderr } = await run("summary", "log");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "10 requests, 1 failed, 3.83 MiB; 2 threads of 1 client, 1 endpoint
      2025-07-27T19:30:05.000000000Z to 2025-07-27T19:30:14.010000000Z, 9.010 s

      op   size         count  errors  threads  objects/s        rate  mean size
      GET  all              8       1        2        0.9   435 KiB/s    490 KiB
           1B-8KiB          4       0        2        0.4  1.78 KiB/s   4.00 KiB
           512KiB-4MiB      4       1        2        0.4   434 KiB/s    977 KiB
      PUT  1B-8KiB          1       0        1      250.0  1000 KiB/s   4.00 KiB

      op   size            mean      p50      p90      p95      p99      max  first byte     p50     p99
      GET  all          5.38 ms  5.00 ms  9.99 ms  9.99 ms  9.99 ms  10.0 ms      500 us  500 us  500 us
           1B-8KiB      2.75 ms  2.00 ms  5.00 ms  5.00 ms  5.00 ms  5.00 ms      500 us  500 us  500 us
           512KiB-4MiB  8.00 ms  7.00 ms  9.99 ms  9.99 ms  9.99 ms  10.0 ms      500 us  500 us  500 us
      PUT  1B-8KiB      4.00 ms  4.00 ms  4.00 ms  4.00 ms  4.00 ms  4.00 ms      500 us  500 us  500 us

      GET without its first and last two seconds: 0.7 objects/s, 327 KiB/s over 6 s

      GET failed 1 time: timeout: too slow
      "
    `);
  });

  it("tells the same as JSON, of several logs as of one", async () => {
    await writeLog("other");
    const [one] = (await run("summary", "--json", "log")).lines;
    const [two] = (await run("summary", "--json", "log", "other")).lines;
    expect(one).toMatchObject({ type: "oplog-summary", logs: 1, operations: 10, errors: 1 });
    expect(one).toMatchObject({ bytes: 5 * 4096 + 4_000_000, threads: 2, truncated: false });
    expect(two).toMatchObject({ logs: 2, operations: 20, threads: 4 });
    const [get] = one!.ops as { op: string; latencyNs: { max: number; min: number } }[];
    expect(get).toMatchObject({ op: "GET", latencyNs: { min: 1_000_000, max: 10_000_000 } });
  });

  it("sorts by start into a new file, and leaves what is there", async () => {
    expect(await run("sort", "log", "sorted")).toMatchObject({ code: 0 });
    const { lines } = await run("cat", "--json", "sorted");
    expect(lines.map(({ idx, offset }) => [idx, offset])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i, i]),
    );
    expect(await run("sort", "log", "sorted")).toMatchObject({ code: 11 });
    expect(await run("sort", "--replace", "log", "sorted")).toMatchObject({ code: 0 });
    expect(await run("sort", "log")).toMatchObject({ code: 2 });
    expect(await run("sort", "--dry-run", "log", "other")).toMatchObject({
      code: 0,
      stderr: "would write the rows of log by their starts into other\n",
    });
    expect(await run("sort", "log", "a", "b")).toMatchObject({ code: 2 });
    expect(await run("sort", "log", "mem://lode-oplog/sorted")).toMatchObject({ code: 12 });
  });

  it("sorts in place when it is told to", async () => {
    expect(await run("sort", "--replace", "log")).toMatchObject({
      code: 0,
      stderr: `10 rows in ${join(folder.path, "log")}\n`,
    });
    const { lines } = await run("cat", "--json", "log");
    expect(lines.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("prints rows as TSV and CSV, those that are asked for", async () => {
    const all = (await run("cat", "log")).stdout.trimEnd().split("\n");
    expect(all).toHaveLength(11);
    expect(all[0]).toMatch(/^idx\tthread\top\t/);
    const csv = (await run("cat", "--csv", "--op", "put", "log")).stdout.trimEnd().split("\n");
    expect(csv).toHaveLength(2);
    expect(csv[1]).toMatch(/^0,1,PUT,host1-r0,1,4096,http:/);
    const errors = (await run("cat", "--errors", "log")).stdout.trimEnd().split("\n");
    expect(errors).toHaveLength(2);
    expect(errors[1]).toContain("timeout: too slow");
    const offsets = async (...argv: string[]) =>
      (await run("cat", "--json", ...argv, "log")).lines.map(({ offset }) => offset);
    expect(await offsets("--first", "2")).toEqual([9, 8]);
    expect(await offsets("--last", "2", "--op", "GET,PUT")).toEqual([1, 0]);
    expect(
      await offsets("--since", "2025-07-27T19:30:06Z", "--until", "2025-07-27T19:30:08Z"),
    ).toEqual([2, 1]);
    expect(await offsets("--file", "none/*")).toEqual([]);
  });

  it("writes the rows that are asked for as a log", async () => {
    expect(await run("cat", "--op", "PUT", "-o", "puts", "log", "log")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: `2 rows in ${join(folder.path, "puts")}\n`,
    });
    const { lines } = await run("cat", "--json", "puts");
    expect(lines.map(({ idx, op, offset }) => [idx, op, offset])).toEqual([
      [0, "PUT", 3],
      [1, "PUT", 3],
    ]);
    expect(await run("cat", "-o", "puts", "log")).toMatchObject({ code: 11 });
    expect(await run("cat", "--replace", "-o", "log", "log")).toMatchObject({ code: 0 });
    expect((await run("cat", "--dry-run", "-o", "new", "log")).stderr).toMatch(/^would write/);
    expect(await run("cat", "new")).toMatchObject({ code: 10 });
    expect(await run("cat", "-o", "csv", "--csv", "log")).toMatchObject({ code: 2 });
  });

  it("draws plots as wide as the terminal, and gives their data as JSON", async () => {
    const plots = await lode(["oplog", "summary", "--plot", "log"], {
      cwd: folder.path,
      terminal: 60,
      env: { LANG: "en_US.UTF-8" },
    });
    const drawn = plots.stdout.slice(plots.stdout.indexOf("GET throughput")).split("\n");
    expect(Math.max(...drawn.map((line) => line.length))).toBe(60);
    expect(plots.stdout).toMatch(/^PUT latency: ● p50, △ p99 \(logarithmic\)$/m);
    expect((await run("summary", "--plot", "log")).stdout).not.toMatch(/[^ -~\n]/);
    const [told] = (await run("summary", "--plot", "--json", "log")).lines;
    expect(told).toMatchObject({
      series: { slotSeconds: 0.064, ops: { GET: { p50Ns: expect.any(Array) } } },
    });
  });

  it("tells of what is missing in a log, and shows how far it is", async () => {
    const bytes = await readFile(join(folder.path, "log"));
    await writeFile(join(folder.path, "cut"), bytes.subarray(0, -12));
    for (const argv of [
      ["summary", "cut"],
      ["sort", "cut", "sorted"],
      ["cat", "cut"],
    ]) {
      expect(await run(...argv)).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(
          /^lode: warning: cut: the end of the operation log is missing/,
        ),
      });
    }
    expect((await run("summary", "--json", "cut")).lines[0]).toMatchObject({ truncated: true });
    const writer = await OpLogWriter.create(join(folder.path, "dropped"), {
      bufferRows: 1,
      frameBytes: 1024,
    });
    for (let i = 0; i < 100; i++) writer.append(entry());
    const { rows, dropped } = await writer.close();
    expect(dropped).toBeGreaterThan(0);
    const lost = await run("summary", "--json", "dropped");
    expect(lost.stderr).toMatch(new RegExp(`its writer had to drop ${dropped} rows`));
    expect(lost.lines[0]).toMatchObject({ dropped, operations: rows });
  });

  it("reads a log from standard input, and says what it cannot do", async () => {
    const tsv = (await run("cat", "log")).stdout;
    const piped = await lode(["oplog", "summary", "--json", "-"], { stdin: tsv });
    expect(piped.lines[0]).toMatchObject({ operations: 10 });
    const copied = await lode(["cp", "log", "mem://lode-oplog/log"], { cwd: folder.path });
    expect(copied.code).toBe(0);
    const stored = await run("summary", "--json", "mem://lode-oplog/log");
    expect(stored.lines[0]).toMatchObject({ operations: 10 });
    expect(await run("summarise", "log")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean summary?"),
    });
    expect(await run("summary", "none")).toMatchObject({ code: 10 });
    expect(await run("summary", ".")).toMatchObject({ code: 2 });
    expect(await run("sort", "--csv", "log", "x")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("lode oplog sort has no option --csv"),
    });
    await folder.write({ text: "no log\n1\n" });
    expect(await run("summary", "text")).toMatchObject({
      code: 15,
      stderr: expect.stringContaining("text"),
    });
  });
});
