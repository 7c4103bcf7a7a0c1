import { join } from "node:path";
import type { Cost, Program } from "./measure.js";
import { emptyFolder, expectFile, expectTree, expectUploads } from "./output-checks.js";
import type { Peers } from "./peers.js";
import type { Contender } from "./rounds.js";
import type { RowTarget } from "./table.js";

const MIB = 2 ** 20;
const PART = 8 * MIB;

/** What all rows share: the server, the peers and where the data lies. */
export interface Bench {
  readonly url: string;
  readonly peers: Peers;
  /** A folder in memory, so that no disk is measured. */
  readonly memory: string;
  /** The bytes of the object `big` as a file. */
  readonly bigFile: string;
  readonly bigSize: number;
  readonly smallCount: number;
  readonly smallFolder: string;
  readonly keyCount: number;
}

export interface Row {
  readonly number: number;
  readonly title: string;
  readonly unit: { readonly amount: number; readonly name: string };
  readonly contenders: readonly Contender[];
  readonly targets: readonly RowTarget[];
  /** Where clients are libraries, the program's start does not count: it prints its own seconds. */
  readonly ownSeconds?: boolean;
  /** What was found beside the costs, told when all rounds are over. */
  readonly notes?: () => readonly string[];
}

/** Rows 1 to 6 of the targets: what moves over the network. */
export function networkRows(bench: Bench): Row[] {
  return [
    getBig(bench),
    getToMemory(bench),
    putBig(bench),
    getSmall(bench),
    putSmall(bench),
    list(bench),
  ];
}

const LODE = [process.execPath, join(import.meta.dirname, "..", "..", "bin", "lode.js")];

function environment(bench: Bench): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: bench.url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "testtest",
    AWS_REGION: "us-east-1",
    // Like s5cmd over TLS: the payload is covered by its CRC32C, not hashed into the signature.
    LODE_S3_PAYLOAD_SIGNING: "never",
    RCLONE_CONFIG: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** None of the peers waits for the disk, so neither does this one. */
export function lode(bench: Bench, ...args: string[]): Program {
  return { command: [...LODE, ...args], env: { ...environment(bench), LODE_FILE_SYNC: "none" } };
}

/** With its defaults: every file and folder is synced before success is told. */
function lodeSynced(bench: Bench, ...args: string[]): Program {
  return { command: [...LODE, ...args], env: environment(bench) };
}

function s5cmd(bench: Bench, ...args: string[]): Program {
  return {
    command: [bench.peers.s5cmd, "--endpoint-url", bench.url, ...args],
    env: environment(bench),
  };
}

function rclone(bench: Bench, ...args: string[]): Program {
  const remote = ["--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", bench.url];
  return {
    command: [
      bench.peers.rclone,
      ...args,
      ...remote,
      "--s3-force-path-style",
      "--s3-no-check-bucket",
    ],
    env: environment(bench),
  };
}

function aws(bench: Bench, ...args: string[]): Program {
  return { command: [bench.peers.aws, ...args], env: environment(bench) };
}

function s3dlio(bench: Bench, ...args: string[]): Program {
  const script = join(import.meta.dirname, "..", "programs", "s3dlio_transfer.py");
  return { command: [bench.peers.python, script, ...args], env: environment(bench) };
}

function getBig(bench: Bench): Row {
  const target = join(bench.memory, "got", "big");
  const folder = join(bench.memory, "got");
  const multi = ["--multi-thread-streams", "8", "--multi-thread-chunk-size", "8Mi"];
  const contender = (name: string, program: Program): Contender => ({
    name,
    program,
    prepare: () => emptyFolder(folder),
    check: () => expectFile(target, bench.bigFile),
  });
  return {
    number: 1,
    title: `GET ${bench.bigSize / MIB} MiB to a file in memory`,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders: [
      contender("lode", lode(bench, "cp", "s3://bench/big", target)),
      contender("lode, synced", lodeSynced(bench, "cp", "s3://bench/big", target)),
      contender(
        "s5cmd",
        s5cmd(bench, "cp", "--concurrency", "8", "--part-size", "8", "s3://bench/big", target),
      ),
      contender("s5cmd, defaults", s5cmd(bench, "cp", "s3://bench/big", target)),
      contender("rclone", rclone(bench, "copyto", ":s3:bench/big", target, ...multi)),
      contender("rclone, defaults", rclone(bench, "copyto", ":s3:bench/big", target)),
      contender("aws", aws(bench, "s3", "cp", "--quiet", "s3://bench/big", target)),
      contender("s3dlio", s3dlio(bench, "download", "s3://bench/big", folder, "8")),
    ],
    targets: [
      { against: "s5cmd", speed: 1.2, cpu: 0.7 },
      { against: "rclone", speed: 1.2, cpu: 0.7 },
    ],
  };
}

function getToMemory(bench: Bench): Row {
  const programs = join(import.meta.dirname, "..", "programs");
  const { hostname, port } = new URL(bench.url);
  const tail = ["big", String(bench.bigSize), String(PART), bench.bigFile];
  const tsx = join(import.meta.dirname, "..", "..", "node_modules", "tsx", "dist", "cli.mjs");
  const contender = (name: string, ...command: string[]): Contender => ({
    name,
    program: { command, env: environment(bench) },
    // Each program proves by itself that it has every byte.
    check: () => {},
  });
  return {
    number: 2,
    title: `library GET of ${bench.bigSize / MIB} MiB to memory`,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders: [
      contender(
        "lodestore",
        process.execPath,
        tsx,
        join(programs, "lodestore-get.ts"),
        bench.url,
        ...tail,
      ),
      contender(
        "AWS CRT",
        bench.peers.python,
        join(programs, "crt_get.py"),
        hostname,
        port,
        ...tail,
      ),
      contender(
        "AWS SDK v3",
        process.execPath,
        tsx,
        join(programs, "sdk-get.ts"),
        bench.url,
        ...tail,
      ),
    ],
    targets: [
      { against: "AWS CRT", speed: 1.5 },
      { against: "AWS SDK v3", speed: 2.5 },
    ],
    ownSeconds: true,
  };
}

function putBig(bench: Bench): Row {
  const chunks = ["--s3-upload-concurrency", "8", "--s3-chunk-size", "8Mi"];
  const contender = (name: string, program: Program): Contender => ({
    name,
    program,
    check: (_, seen) => expectUploads(seen, 1),
  });
  const file = bench.bigFile;
  return {
    number: 3,
    title: `PUT ${bench.bigSize / MIB} MiB`,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders: [
      contender("lode", lode(bench, "cp", file, "s3://bench/put-lode")),
      contender(
        "s5cmd",
        s5cmd(bench, "cp", "--concurrency", "8", "--part-size", "8", file, "s3://bench/put-s5"),
      ),
      contender("s5cmd, defaults", s5cmd(bench, "cp", file, "s3://bench/put-s5")),
      contender("rclone", rclone(bench, "copyto", file, ":s3:bench/put-rclone", ...chunks)),
      contender("aws", aws(bench, "s3", "cp", "--quiet", file, "s3://bench/put-aws")),
      contender("s3dlio", s3dlio(bench, "upload", file, "s3://bench/put-s3dlio/", "8")),
    ],
    targets: [{ against: "s5cmd", speed: 2 }],
  };
}

function getSmall(bench: Bench): Row {
  const folder = join(bench.memory, "small-got");
  const contender = (name: string, program: Program): Contender => ({
    name,
    program,
    prepare: () => emptyFolder(folder),
    check: () => expectTree(folder, bench.smallFolder, bench.smallCount),
  });
  return {
    number: 4,
    title: `GET ${bench.smallCount} x 4 KiB to files in memory`,
    unit: { amount: bench.smallCount, name: "objects" },
    contenders: [
      contender("lode", lode(bench, "cp", "-r", "s3://bench/small/", `${folder}/`)),
      contender("lode, synced", lodeSynced(bench, "cp", "-r", "s3://bench/small/", `${folder}/`)),
      contender(
        "rclone",
        rclone(bench, "copy", ":s3:bench/small", folder, "--transfers", "64", "--checkers", "64"),
      ),
      contender("rclone, defaults", rclone(bench, "copy", ":s3:bench/small", folder)),
      contender("s5cmd", s5cmd(bench, "cp", "s3://bench/small/*", `${folder}/`)),
      contender("s3dlio", s3dlio(bench, "download", "s3://bench/small/", folder, "64")),
    ],
    targets: [{ against: "rclone", speed: 2 }],
  };
}

function putSmall(bench: Bench): Row {
  const contender = (name: string, program: Program): Contender => ({
    name,
    program,
    check: (_, seen) => expectUploads(seen, bench.smallCount),
  });
  const folder = bench.smallFolder;
  return {
    number: 5,
    title: `PUT ${bench.smallCount} x 4 KiB`,
    unit: { amount: bench.smallCount, name: "objects" },
    contenders: [
      contender("lode", lode(bench, "cp", "-r", `${folder}/`, "s3://bench/put-small/")),
      contender("s5cmd", s5cmd(bench, "cp", `${folder}/*`, "s3://bench/put-small/")),
      contender(
        "rclone",
        rclone(bench, "copy", folder, ":s3:bench/put-small", "--transfers", "64", "--no-traverse"),
      ),
    ],
    targets: [{ against: "s5cmd", speed: 3 }],
  };
}

function list(bench: Bench): Row {
  const contender = (name: string, program: Program): Contender => ({
    name,
    program,
    check: ({ outputLines }: Cost) => {
      if (outputLines !== bench.keyCount) throw new Error(`${name} listed ${outputLines} keys`);
    },
  });
  return {
    number: 6,
    title: `LIST ${bench.keyCount} keys`,
    unit: { amount: bench.keyCount, name: "keys" },
    contenders: [
      contender("lode", lode(bench, "ls", "-r", "s3://bench/list/")),
      contender("s5cmd", s5cmd(bench, "ls", "s3://bench/list/*")),
      contender("rclone", rclone(bench, "lsf", "-R", "--fast-list", ":s3:bench/list")),
    ],
    targets: [{ against: "s5cmd", speed: 5 }],
  };
}
