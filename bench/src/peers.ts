import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./neutral-server.js";

const S5CMD = "v2.3.0";
const RCLONE = "v1.75.1";
const WHEELS = ["s3dlio", "awscli", "awscrt"];

/** The programs that we are measured against. */
export interface Peers {
  readonly s5cmd: string;
  readonly rclone: string;
  readonly aws: string;
  /** A Python with the wheels of s3dlio and the AWS common runtime. */
  readonly python: string;
  /** What each says of its version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** For rows that have none of them. */
export const NO_PEERS: Peers = {
  s5cmd: "s5cmd",
  rclone: "rclone",
  aws: "aws",
  python: "python3",
  versions: { node: process.version },
};

/** Builds or installs the peers that are not there yet, from the Go module proxy and PyPI. */
export function installPeers(): Peers {
  const s5cmd = buildGoModule("github.com/peak/s5cmd/v2", S5CMD, "s5cmd");
  const rclone = buildGoModule("github.com/rclone/rclone", RCLONE, "rclone");
  const venv = join(CACHE, "venv");
  const python = join(venv, "bin", "python");
  if (!existsSync(python)) run("python3", ["-m", "venv", venv]);
  if (spawnSync(python, ["-c", "import s3dlio, awscrt, awscli"]).status !== 0) {
    run(python, ["-m", "pip", "install", "--quiet", ...WHEELS]);
  }
  const wheel = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))";
  return {
    s5cmd,
    rclone,
    aws: join(venv, "bin", "aws"),
    python,
    versions: {
      s5cmd: S5CMD,
      rclone: RCLONE,
      ...Object.fromEntries(WHEELS.map((name) => [name, text(python, ["-c", wheel, name])])),
      node: process.version,
    },
  };
}

/** `go install pkg@version` asks for the list of all versions, which a proxy may refuse; a module of our own that requires it does not. */
export function buildGoModule(path: string, version: string, name: string, program = path): string {
  const target = join(CACHE, "bin", name);
  if (existsSync(target)) return target;
  const folder = join(CACHE, "src", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go.mod"), `module peer\n\ngo 1.23\n\nrequire ${path} ${version}\n`);
  writeFileSync(
    join(folder, "tools.go"),
    `//go:build tools\n\npackage peer\n\nimport _ "${program}"\n`,
  );
  run("go", ["mod", "tidy"], folder);
  run("go", ["build", "-mod=mod", "-o", target, program], folder);
  return target;
}

function run(command: string, args: readonly string[], cwd?: string): void {
  const { status } = spawnSync(command, [...args], { stdio: "inherit", cwd });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}

function text(command: string, args: readonly string[]): string {
  return spawnSync(command, [...args], { encoding: "utf8" }).stdout.trim();
}
