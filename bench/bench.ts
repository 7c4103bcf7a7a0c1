import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { programs } from "../scripts/programs/index.js";
import { checkpointRows } from "./src/checkpoint-rows.js";
import { directRow } from "./src/direct-row.js";
import { loaderFigures } from "./src/loader-figures.js";
import { buildGo, startNeutralServer } from "./src/neutral-server.js";
import { opLogRows, summaryRow } from "./src/op-log-rows.js";
import { ownCost } from "./src/own-cost.js";
import { installPeers, NO_PEERS } from "./src/peers.js";
import { installPythonPeers } from "./src/python-peers.js";
import { type Round, runRounds } from "./src/rounds.js";
import { networkRows, type Row } from "./src/rows.js";
import { installRunPeers } from "./src/run-peers.js";
import { runRows } from "./src/run-rows.js";
import { renderRow } from "./src/table.js";
import { tableFigures } from "./src/table-figures.js";
import { tarRow } from "./src/tar-row.js";

/**
 * Measures lode and lodestore against their peers: one neutral server, the same bytes, part size
 * and concurrency, interleaved rounds of which the first is dropped, every output checked.
 *
 *   npm run bench -- [--rows 1,2,3] [--rounds 7] [--size MiB] [--small N] [--keys N] [--files N]
 */
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1,2,3,4,5,6,7,8,9,12,15,16,17" },
    rounds: { type: "string", default: "7" },
    size: { type: "string", default: "1024" },
    small: { type: "string", default: "10000" },
    keys: { type: "string", default: "1000000" },
    files: { type: "string", default: "70000" },
    only: { type: "string" },
  },
});
const wanted = values.rows.split(",").map(Number);
const bigSize = Number(values.size) * 2 ** 20;
const smallCount = Number(values.small);
const keyCount = Number(values.keys);

const peers = wanted.some((row) => row <= 6) ? installPeers() : NO_PEERS;
const tool = buildGo(join("tools", "measure"), "measure");
const memory = mkdtempSync(join(memoryFolder(), "lodestore-bench-"));
const bigFile = join(memory, "big");
const server = await startNeutralServer({
  size: bigSize,
  small: smallCount,
  keys: keyCount,
  dump: bigFile,
});
process.once("exit", () => {
  server.stop();
  rmSync(memory, { recursive: true, force: true });
});
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

const smallFolder = join(memory, "small");
cutSmallFiles(bigFile, smallFolder, smallCount);
const bench = {
  url: server.url,
  peers,
  memory,
  bigFile,
  bigSize,
  smallCount,
  smallFolder,
  keyCount,
};
const rows: Row[] = [...networkRows(bench), directRow(bench), ...opLogRows(bench)];
const pythonPeers = wanted.includes(8) || wanted.includes(9) ? installPythonPeers() : undefined;
if (wanted.includes(8)) rows.push(...checkpointRows(bench, pythonPeers, tool));
if (wanted.includes(9)) rows.push(await tarRow(bench, pythonPeers, tool));
const runPeers = wanted.includes(12) ? await installRunPeers() : undefined;
if (runPeers !== undefined) rows.push(...runRows(bench, runPeers, tool, Number(values.files)));
if (wanted.includes(16)) {
  await programs.warp.fetch();
  rows.push(await summaryRow(bench, programs.warp.path()));
}

console.log(
  `lodestore bench: ${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, ${JSON.stringify({ ...peers.versions, ...pythonPeers?.versions, ...runPeers?.versions })}`,
);
console.log("Over loopback in plain HTTP; TLS, latency and a real cloud are not measured.\n");
for (const row of rows) {
  if (!wanted.includes(row.number)) continue;
  process.stderr.write(`row ${row.number}: ${row.title}\n`);
  const contenders = row.contenders.filter(
    ({ name }) => values.only === undefined || values.only.split(";").includes(name),
  );
  const results = await runRounds(tool, contenders, Number(values.rounds), server);
  const shown = row.ownSeconds ? ownCosts(results) : results;
  const targets = row.targets.filter(({ against }) => results.has(against));
  console.log(renderRow(`${row.number}. ${row.title}`, shown, row.unit, targets));
  if (row.notes !== undefined) console.log(`${row.notes().join("\n")}\n`);
  const first = [...results.values()][0]?.at(-1)?.cost.firstOutputSeconds ?? 0;
  if (row.number === 6) console.log(`First line after ${(first * 1000).toFixed(0)} ms.\n`);
}
if (wanted.includes(12)) console.log(await tableFigures());
if (wanted.includes(17)) console.log(await loaderFigures(bench));
process.exit(0);

function memoryFolder(): string {
  try {
    statfsSync("/dev/shm");
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

function cutSmallFiles(source: string, folder: string, count: number): void {
  mkdirSync(folder);
  const file = openSync(source, "r");
  const piece = Buffer.alloc(4096);
  for (let i = 0; i < count; i++) {
    readSync(file, piece, 0, 4096, i * 4096);
    writeFileSync(join(folder, String(i).padStart(5, "0")), piece);
  }
}

function ownCosts(results: ReadonlyMap<string, Round[]>): Map<string, Round[]> {
  const own = ({ cost, seen }: Round) => ({ cost: ownCost(cost), seen });
  return new Map([...results].map(([name, rounds]) => [name, rounds.map(own)]));
}
