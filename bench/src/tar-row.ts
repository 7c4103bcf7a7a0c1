import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type TarMemberInput, writeTar } from "../../src/formats/index.js";
import { measure, type Program } from "./measure.js";
import type { PythonPeers } from "./python-peers.js";
import type { Contender } from "./rounds.js";
import type { Bench, Row } from "./rows.js";

const SHARDS = 20;
const SMALLEST = 60_000;
const LARGEST = 100_000;
const PROGRAMS = join(import.meta.dirname, "..", "programs");
const TSX = join(import.meta.dirname, "..", "..", "node_modules", "tsx", "dist", "cli.mjs");

/** The shards as they were written: what every client must find. */
interface TarShards {
  readonly folder: string;
  readonly samples: number;
  /** Of all samples' `.bin`. */
  readonly bytes: number;
  /** Of every sample's key, `.bin` and `.id`, in order. */
  readonly sha256: string;
}

/** Row 9: samples of 60 to 100 KB read from tar shards in memory, in order, one process. */
export async function tarRow(
  bench: Bench,
  peers: PythonPeers | undefined,
  tool: string,
): Promise<Row> {
  const shards = await writeShards(bench);
  const facts = [shards.folder, String(shards.samples), String(shards.bytes)];
  const contender = (name: string, command: readonly string[]): Contender => {
    const program: Program = { command: [...command, ...facts] };
    let isProven = false;
    return {
      name,
      program,
      // Hashing would cost more than what is measured: once, aside, and counts each time.
      prepare: async () => {
        if (isProven) return;
        await measure(tool, { command: [...program.command, shards.sha256] });
        isProven = true;
      },
      check: () => undefined,
    };
  };
  const theirs = (name: string, client: string): Contender[] =>
    peers === undefined
      ? []
      : [contender(name, [peers.python, "-W", "ignore", join(PROGRAMS, "tar_peers.py"), client])];
  return {
    number: 9,
    title: `read ${shards.samples} samples, ${(shards.bytes / 1e6).toFixed(0)} MB, from ${SHARDS} tar shards`,
    unit: { amount: shards.samples, name: "samples" },
    contenders: [
      contender("lodestore", [process.execPath, TSX, join(PROGRAMS, "tar-stream.ts")]),
      ...theirs("webdataset", "webdataset"),
      ...theirs("HF datasets", "datasets"),
      ...theirs("tarfile", "tarfile"),
    ],
    targets: peers === undefined ? [] : [{ against: "webdataset", speed: 2 }],
    ownSeconds: true,
  };
}

/** Samples of random bytes: `.bin` from the block that the server serves, and `.id`, a number as text. */
async function writeShards(bench: Bench): Promise<TarShards> {
  const folder = join(bench.memory, "tar");
  mkdirSync(folder);
  const file = openSync(bench.bigFile, "r");
  const hash = createHash("sha256");
  let bytes = 0;
  const samples = bench.smallCount;

  function* members(from: number, to: number): Generator<TarMemberInput> {
    for (let i = from; i < to; i++) {
      // A fixed pattern without a period that matters.
      const mixed = Math.imul(i, 2_654_435_761) >>> 0;
      const bin = new Uint8Array(SMALLEST + (mixed % (LARGEST - SMALLEST)));
      readSync(file, bin, 0, bin.length, mixed % (bench.bigSize - LARGEST));
      const key = String(i).padStart(8, "0");
      const id = Buffer.from(String(i));
      hash.update(key).update(bin).update(id);
      bytes += bin.length;
      yield { name: `${key}.bin`, data: bin };
      yield { name: `${key}.id`, data: id };
    }
  }

  for (let shard = 0; shard < SHARDS; shard++) {
    const [from, to] = [shard, shard + 1].map((n) => Math.floor((n * samples) / SHARDS));
    const target = join(folder, `shard-${String(shard).padStart(5, "0")}.tar`);
    const output = openSync(target, "w");
    for await (const piece of writeTar(members(from ?? 0, to ?? 0))) writeSync(output, piece);
    closeSync(output);
  }
  closeSync(file);
  return { folder, samples, bytes, sha256: hash.digest("hex") };
}
