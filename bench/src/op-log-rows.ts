import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { type OpLogEntry, OpLogWriter, readOpLog } from "../../src/oplog/index.js";
import { emptyFolder, expectFile, expectTree, expectUploads } from "./output-checks.js";
import type { Contender } from "./rounds.js";
import { type Bench, lode, type Row } from "./rows.js";

const MIB = 2 ** 20;
const LOGGED = "lode, op-log on";

/** Row 15: what a transfer costs more while it is logged. */
export function opLogRows(bench: Bench): Row[] {
  const log = join(bench.memory, "log.tsv.zst");
  const on = (...args: string[]) => lode(bench, "--op-log", log, ...args);
  const got = join(bench.memory, "got");
  const big = join(got, "big");
  const small = join(bench.memory, "small-got");
  const logged = (contender: Omit<Contender, "name">, rows: number): Contender => ({
    ...contender,
    name: LOGGED,
    async check(cost, seen) {
      await contender.check(cost, seen);
      const found = await countRows(log);
      if (found < rows) throw new Error(`the log holds ${found} rows of at least ${rows}`);
    },
  });
  const getBig = { prepare: () => emptyFolder(got), check: () => expectFile(big, bench.bigFile) };
  const getSmall = {
    prepare: () => emptyFolder(small),
    check: () => expectTree(small, bench.smallFolder, bench.smallCount),
  };
  const putSmall: Pick<Contender, "check"> = {
    check: (_, seen) => expectUploads(seen, bench.smallCount),
  };
  const row = (title: string, unit: Row["unit"], contenders: readonly Contender[]): Row => ({
    number: 15,
    title,
    unit,
    contenders,
    targets: [{ against: "lode", speed: 0.98 }],
  });
  const objects = { amount: bench.smallCount, name: "objects" };
  const gigabytes = { amount: bench.bigSize / 1e9, name: "GB" };
  const getBigArgs = ["cp", "s3://bench/big", big];
  const getArgs = ["cp", "-r", "s3://bench/small/", `${small}/`];
  const putArgs = ["cp", "-r", `${bench.smallFolder}/`, "s3://bench/put-small/"];
  return [
    row(`GET ${bench.bigSize / MIB} MiB to a file in memory, logged`, gigabytes, [
      logged({ ...getBig, program: on(...getBigArgs) }, bench.bigSize / (8 * MIB)),
      { ...getBig, name: "lode", program: lode(bench, ...getBigArgs) },
    ]),
    row(`GET ${bench.smallCount} x 4 KiB to files in memory, logged`, objects, [
      logged({ ...getSmall, program: on(...getArgs) }, bench.smallCount),
      { ...getSmall, name: "lode", program: lode(bench, ...getArgs) },
    ]),
    row(`PUT ${bench.smallCount} x 4 KiB, logged`, objects, [
      logged({ ...putSmall, program: on(...putArgs) }, bench.smallCount),
      { ...putSmall, name: "lode", program: lode(bench, ...putArgs) },
    ]),
  ];
}

async function countRows(log: string): Promise<number> {
  if (!existsSync(log)) return 0;
  let rows = 0;
  for await (const batch of readOpLog(createReadStream(log))) rows += batch.length;
  return rows;
}

const SUMMARY_ROWS = 1_000_000;

/** Row 16: reading a log of a million rows and summing it up, against warp's own analysis. */
export async function summaryRow(bench: Bench, warp: string): Promise<Row> {
  const log = join(bench.memory, "million.csv.zst");
  await writeLog(log, SUMMARY_ROWS);
  const contender = (name: string, program: Contender["program"]): Contender => ({
    name,
    program,
    check: ({ outputLines }) => {
      if (outputLines === 0) throw new Error(`${name} told nothing`);
    },
  });
  return {
    number: 16,
    title: `sum up an operation log of ${SUMMARY_ROWS} rows`,
    unit: { amount: SUMMARY_ROWS, name: "rows" },
    contenders: [
      contender("lode", lode(bench, "oplog", "summary", log)),
      contender("warp", { command: [warp, "analyze", "--no-color", log], env: {} }),
    ],
    targets: [{ against: "warp", speed: 1 }],
  };
}

/** Rows such as 32 readers of three sizes make, one every 100 µs or so. */
async function writeLog(path: string, rows: number): Promise<void> {
  const writer = await OpLogWriter.create(path, { lossless: true });
  let nanos = 0;
  for (let index = 0; index < rows; index++) {
    // A fixed pattern without a period that matters.
    const mixed = Math.imul(index, 2_654_435_761) >>> 0;
    nanos += 1000 + (mixed % 199_000);
    const durationNs = 100_000 + (mixed % 19_900_000);
    const entry: OpLogEntry = {
      index,
      thread: mixed % 32,
      op: mixed % 10 === 0 ? "PUT" : "GET",
      clientId: "host1-r0",
      objects: 1,
      bytes: [4096, MIB, 8 * MIB][mixed % 3] ?? 0,
      endpoint: "http://127.0.0.1:9000",
      file: `data/train/shard-${String(mixed % 10_000).padStart(5, "0")}.tar`,
      error: "",
      startSeconds: 1_753_644_605 + Math.floor(nanos / 1e9),
      startNanos: nanos % 1e9,
      firstByteNs: mixed % 10 === 0 ? undefined : Math.floor(durationNs / 2),
      durationNs,
    };
    writer.append(entry);
  }
  await writer.close();
}
