import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findDebianMirror } from "../../scripts/services/debian-mirror.js";
import { unpackDebianPackages } from "../../scripts/services/debian-packages.js";
import { CACHE } from "./neutral-server.js";
import { buildGoModule } from "./peers.js";

const RESTIC = "v0.18.1";
const DVC = "3.67.1";

/** A program that is run by an interpreter of its own. */
export interface PeerProgram {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The programs that keep versions of files; what could not be had is missing. */
export interface RunPeers {
  readonly restic?: PeerProgram;
  readonly borg?: PeerProgram;
  readonly dvc?: PeerProgram;
  readonly versions: Readonly<Record<string, string>>;
}

/** Fetches those that are not there: restic from the Go module proxy, borg from Debian, DVC from PyPI. */
export async function installRunPeers(): Promise<RunPeers> {
  const peers = {
    ...(await orWithout("restic", () => installRestic())),
    ...(await orWithout("borg", () => installBorg())),
    ...(await orWithout("dvc", () => installDvc())),
  };
  const versions = Object.entries(peers).map(([name, { command, env }]) => {
    const version = name === "restic" ? "version" : "--version";
    const [program = "", ...args] = [...command, version];
    const { stdout } = spawnSync(program, args, {
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
    return [name, /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "unknown"];
  });
  return { ...peers, versions: Object.fromEntries(versions) };
}

async function orWithout<N extends string>(
  name: N,
  install: () => PeerProgram | Promise<PeerProgram>,
): Promise<Partial<Record<N, PeerProgram>>> {
  try {
    return { [name]: await install() } as Record<N, PeerProgram>;
  } catch (error) {
    process.stderr.write(`row 12 is measured without ${name}: ${String(error)}\n`);
    return {};
  }
}

function installRestic(): PeerProgram {
  const path = "github.com/restic/restic";
  return { command: [buildGoModule(path, RESTIC, "restic", `${path}/cmd/restic`)], env: {} };
}

/** With the Python that it was built for. */
async function installBorg(): Promise<PeerProgram> {
  const folder = join(CACHE, "borg");
  const usr = join(folder, "usr");
  if (!existsSync(folder)) {
    const mirror = await findDebianMirror();
    if (mirror === undefined) throw new Error("there is no Debian mirror in the apt sources");
    process.stderr.write("fetching borg with its Python from Debian\n");
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    const packages = ["borgbackup"];
    // The machine's own C library fits: it is of the same suite.
    const wanted = (name: string) => !/^(libc6|libc-bin|libgcc-s1|gcc-)/.test(name);
    await unpackDebianPackages({ mirror, suite: mirror.suite, packages, wanted }, partial);
    renameSync(partial, folder);
  }
  const libraries = [
    join(usr, "lib", `${machine()}-linux-gnu`),
    join(folder, "lib", `${machine()}-linux-gnu`),
  ];
  return {
    command: [join(usr, "bin", "python3"), join(usr, "bin", "borg")],
    env: {
      PYTHONHOME: usr,
      PYTHONPATH: join(usr, "lib", "python3", "dist-packages"),
      LD_LIBRARY_PATH: libraries.join(":"),
    },
  };
}

function machine(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}

function installDvc(): PeerProgram {
  const folder = join(CACHE, "run-peers");
  const program = join(folder, "bin", "dvc");
  if (!existsSync(program)) {
    process.stderr.write("installing DVC for Python\n");
    run("python3", "-m", "venv", "--clear", folder);
    run(join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", `dvc==${DVC}`);
  }
  return { command: [program], env: {} };
}

function run(command: string, ...args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
