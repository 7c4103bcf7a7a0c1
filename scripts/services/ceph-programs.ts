import { join } from "node:path";
import { exists } from "./cache-folder.js";
import { runCommand } from "./run-command.js";

/** The programs that a small cluster with an S3 gateway needs. */
export const CEPH_PROGRAMS = [
  "monmaptool",
  "osdmaptool",
  "ceph-mon",
  "ceph-osd",
  "radosgw",
  "radosgw-admin",
] as const;

export type CephProgram = (typeof CEPH_PROGRAMS)[number];

const ARCHITECTURES: Readonly<Record<string, { triplet: string; loader: string }>> = {
  x64: { triplet: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  arm64: { triplet: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};

export function isSupportedArchitecture(): boolean {
  return process.platform === "linux" && process.arch in ARCHITECTURES;
}

/**
 * Ceph as unpacked from its Debian packages into a folder. Its programs run under the dynamic loader
 * and with the libraries of that folder, so that the machine's own system does not matter.
 */
export class CephPrograms {
  /** The folder that holds Ceph's plug-ins. */
  readonly libDir: string;
  readonly #root: string;
  readonly #loader: string;
  readonly #libraryPath: string;

  private constructor(root: string, triplet: string, loader: string) {
    this.#root = root;
    this.libDir = join(root, "usr/lib", triplet);
    this.#loader = loader;
    const system = [join(root, "lib", triplet), this.libDir];
    // The last two are found through update-alternatives on a machine where they are installed.
    const own = ["ceph", "lapack", "blas"].map((name) => join(this.libDir, name));
    this.#libraryPath = [...system, ...own].join(":");
  }

  static async open(root: string): Promise<CephPrograms> {
    const architecture = ARCHITECTURES[process.arch];
    if (architecture === undefined) throw new Error(`no Ceph packages known for ${process.arch}`);
    const { triplet, loader } = architecture;
    // Up to Debian 12 the C library is packaged below /lib, later below /usr/lib.
    for (const lib of ["usr/lib", "lib"]) {
      const path = join(root, lib, triplet, loader);
      if (await exists(path)) return new CephPrograms(root, triplet, path);
    }
    throw new Error(`${root} holds no ${loader}: the packages were not unpacked completely`);
  }

  /** How to run a program: what to execute, and the arguments to be put before its own. */
  command(program: CephProgram): { program: string; args: string[] } {
    const path = join(this.#root, "usr/bin", program);
    return { program: this.#loader, args: ["--library-path", this.#libraryPath, path] };
  }

  run(program: CephProgram, args: readonly string[], signal?: AbortSignal): Promise<string> {
    const command = this.command(program);
    return runCommand(command.program, [...command.args, ...args], signal && { signal });
  }

  /**
   * @throws Error naming the libraries that a program misses.
   */
  async checkLibraries(): Promise<void> {
    for (const name of CEPH_PROGRAMS) {
      const { program, args } = this.command(name);
      const listed = await runCommand(program, ["--list", ...args]);
      const missing = listed.split("\n").filter((line) => line.includes("not found"));
      if (missing.length > 0) throw new Error(`${name} misses:\n${missing.join("\n")}`);
    }
  }

  /** The version number, for example `20.2.4`. */
  async version(): Promise<string> {
    const text = await this.run("radosgw", ["--version"]);
    const version = /ceph version (\S+)/.exec(text)?.[1];
    if (version === undefined) throw new Error(`radosgw --version printed: ${text}`);
    return version;
  }
}
