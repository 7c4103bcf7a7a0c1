import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { measure, type Program } from "./measure.js";
import { CACHE } from "./neutral-server.js";
import type { PythonPeers } from "./python-peers.js";
import type { Contender } from "./rounds.js";
import type { Bench, Row } from "./rows.js";

const MIB = 2 ** 20;
const TENSORS = 8;
const PROGRAMS = join(import.meta.dirname, "..", "programs");
const TSX = join(import.meta.dirname, "..", "..", "node_modules", "tsx", "dist", "cli.mjs");

type Verb = "save" | "load" | "save-async-copy" | "save-async-transfer" | "save-async";

/** A client and where it saves: how to run it, and how to remove what it left. */
interface Saver {
  readonly name: string;
  program(verb: Verb): Program;
  clear(): void | Promise<void>;
}

/** Row 8: checkpoints of float32 tensors, saved until they are on disk with a CRC-32C, loaded and verified. */
export function checkpointRows(bench: Bench, peers: PythonPeers | undefined, tool: string): Row[] {
  const onDisk = fileSavers(bench, peers, join(CACHE, "checkpoints"));
  const inMemory = fileSavers(bench, peers, join(bench.memory, "checkpoints"));
  const direct = onDisk.filter(({ name }) => name.endsWith("direct://"));
  const against = (name: string, speed: number) => (peers ? [{ against: name, speed }] : []);
  const size = `${bench.bigSize / MIB} MiB in ${TENSORS} tensors`;
  const row = (title: string, contenders: readonly Contender[], targets: Row["targets"]): Row => ({
    number: 8,
    title,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders,
    targets,
    ownSeconds: true,
  });
  const save = (saver: Saver) => saves(saver, tool);
  const load = (saver: Saver) => loads(saver, tool);
  const s3 = s3Savers(bench, peers);
  return [
    row(`checkpoint save to disk, synced, ${size}`, onDisk.map(save), against("PyTorch DCP", 1)),
    row(`checkpoint save to memory, ${size}`, inMemory.map(save), against("PyTorch DCP", 1)),
    row(
      `checkpoint load from memory, verified, ${size}`,
      inMemory.map(load),
      against("PyTorch DCP", 0.8),
    ),
    row(`checkpoint load past the page cache, verified, ${size}`, direct.map(load), []),
    row(`checkpoint save to S3, ${size}`, s3.map(save), against("s3dlio", 1)),
    row(`checkpoint load from S3, verified, ${size}`, s3.map(load), against("s3dlio", 1)),
    row(`caller of a save to disk held up, ${size}`, heldUp(onDisk), [
      { against: "lodestore, synchronous", speed: 20 },
    ]),
  ];
}

/** Each save is loaded again by the same client, which compares every byte with what was saved. */
function saves(saver: Saver, tool: string): Contender {
  return {
    name: saver.name,
    program: saver.program("save"),
    prepare: () => saver.clear(),
    check: async () => {
      await measure(tool, saver.program("load"));
      await saver.clear();
    },
  };
}

/** The program compares what it loaded. One checkpoint at a time is kept: all of them would not fit in memory. */
function loads(saver: Saver, tool: string): Contender {
  return {
    name: saver.name,
    program: saver.program("load"),
    prepare: async () => {
      await saver.clear();
      await measure(tool, saver.program("save"));
    },
    check: () => saver.clear(),
  };
}

/** How long callers wait until they may change their tensors again. */
function heldUp(savers: readonly Saver[]): Contender[] {
  const contender = (name: string, saver: Saver | undefined, verb: Verb): Contender[] =>
    saver === undefined
      ? []
      : [
          {
            name,
            program: saver.program(verb),
            prepare: () => saver.clear(),
            check: () => saver.clear(),
          },
        ];
  const ours = savers[0];
  const dcp = savers.find(({ name }) => name === "PyTorch DCP");
  return [
    ...contender("lodestore, copy", ours, "save-async-copy"),
    ...contender("lodestore, transfer", ours, "save-async-transfer"),
    ...contender("lodestore, synchronous", ours, "save"),
    ...contender("PyTorch DCP, async_save", dcp, "save-async"),
  ];
}

/** Tensors in one shard and in eight; the peers with their defaults, and DCP with a thread for each tensor. */
function fileSavers(bench: Bench, peers: PythonPeers | undefined, folder: string): Saver[] {
  const saver = (name: string, target: string, program: (verb: Verb) => Program): Saver => ({
    name,
    program,
    clear() {
      for (const path of [target, `${target}-small`])
        rmSync(path, { recursive: true, force: true });
      mkdirSync(dirname(target), { recursive: true });
    },
  });
  const ours = (name: string, scheme: string, shards: number) => {
    const target = join(folder, name.replaceAll(/\W+/g, "-"));
    return saver(name, target, (verb) => lodestore(bench, `${scheme}://${target}`, shards, verb));
  };
  const theirs = (name: string, client: string) => {
    const target = join(folder, client);
    return saver(name, target, (verb) => python(bench, peers!, client, target, verb));
  };
  return [
    ours("lodestore", "file", TENSORS),
    ours("lodestore, one shard", "file", 1),
    // A file system in memory has no cache to go past.
    ...(folder.startsWith(bench.memory) ? [] : [ours("lodestore, direct://", "direct", TENSORS)]),
    ...(peers === undefined
      ? []
      : [
          theirs("PyTorch DCP", "dcp"),
          theirs("PyTorch DCP, 8 threads", "dcp-8-threads"),
          theirs("safetensors", "safetensors"),
          theirs("torch.save", "torch.save"),
        ]),
  ];
}

function s3Savers(bench: Bench, peers: PythonPeers | undefined): Saver[] {
  const saver = (name: string, prefix: string, program: (uri: string, verb: Verb) => Program) => ({
    name,
    program: (verb: Verb) => program(`s3://kept/${prefix}`, verb),
    clear: async () => void (await fetch(`${bench.url}/_drop?prefix=${prefix}`)),
  });
  const ours = (name: string, prefix: string, shards: number) =>
    saver(name, prefix, (uri, verb) => lodestore(bench, uri, shards, verb));
  const theirs = (client: string) =>
    saver(client, `peer-${client}`, (uri, verb) => python(bench, peers!, client, uri, verb));
  return [
    ours("lodestore", "ours-8", TENSORS),
    ours("lodestore, one shard", "ours-1", 1),
    ...(peers === undefined ? [] : [theirs("s3dlio"), theirs("boto3")]),
  ];
}

function lodestore(bench: Bench, uri: string, shards: number, verb: Verb): Program {
  const program = [process.execPath, TSX, join(PROGRAMS, "checkpoint.ts")];
  return {
    command: [...program, verb, uri, bench.bigFile, String(TENSORS), String(shards)],
    env: s3Environment(bench),
  };
}

function python(
  bench: Bench,
  { python }: PythonPeers,
  client: string,
  target: string,
  verb: Verb,
): Program {
  const script = [python, "-W", "ignore", join(PROGRAMS, "checkpoint_peers.py")];
  return {
    command: [...script, client, verb, target, bench.bigFile, String(TENSORS)],
    env: s3Environment(bench),
  };
}

function s3Environment(bench: Bench): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: bench.url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "testtest",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
