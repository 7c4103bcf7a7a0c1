import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cephConfig } from "./ceph-config.js";
import { type CephProgram, type CephPrograms, isSupportedArchitecture } from "./ceph-programs.js";
import { findDebianMirror } from "./debian-mirror.js";
import { findProgram } from "./find-program.js";
import { freePort } from "./free-port.js";
import { cachedPackages, fetchPackages } from "./radosgw-packages.js";
import { s3Env } from "./s3-env.js";
import type { Availability, RunningService, Service, StartOptions } from "./service.js";
import { ServiceProcesses } from "./service-processes.js";
import { waitUntilAnswering } from "./wait-until-answering.js";

const ACCESS_KEY = "test";
const SECRET_KEY = "testtest";
const OSD_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/** Ceph's S3 gateway over a cluster in memory, from Debian's packages, which are not installed. */
export const radosgw: Service = {
  name: "radosgw",

  async availability(): Promise<Availability> {
    if (!isSupportedArchitecture()) {
      return { ok: false, reason: `needs Linux on x64 or arm64, not ${process.platform}` };
    }
    if (await this.isFetched()) return { ok: true };
    for (const program of ["apt-get", "apt-config", "dpkg-deb"]) {
      if ((await findProgram(program)) === undefined) {
        return { ok: false, reason: `needs ${program}` };
      }
    }
    return (await findDebianMirror()) === undefined
      ? { ok: false, reason: "needs a Debian mirror in the apt sources" }
      : { ok: true };
  },

  async isFetched(): Promise<boolean> {
    return (await cachedPackages()) !== undefined;
  },

  async fetch(signal?: AbortSignal): Promise<void> {
    await fetchPackages(signal);
  },

  async start({ dataDir, port, signal }: StartOptions): Promise<RunningService> {
    const packages = (await cachedPackages()) ?? (await fetchPackages(signal));
    const { programs, version, suite } = packages;
    const processes = new ServiceProcesses(dataDir);
    const url = `http://127.0.0.1:${port}`;
    try {
      const cluster = new Cluster(programs, processes, dataDir, signal);
      await cluster.create(port);
      await cluster.startStore();
      await cluster.startGateway();
      await waitUntilAnswering(url, {
        // Anybody may ask for the list of buckets; a stranger's is empty.
        accept: async (response) => (await response.text()).includes("<ListAllMyBucketsResult"),
        failure: processes.failure,
        signal,
      });
    } catch (error) {
      await processes.stop();
      throw error;
    }
    return {
      name: "radosgw",
      url,
      env: s3Env(url, ACCESS_KEY, SECRET_KEY),
      version: `${version} (Debian ${suite})`,
      pids: processes.pids,
      dataDir,
      stop: () => processes.stop(),
      detach: () => processes.detach(),
    };
  },
};

class Cluster {
  readonly #programs: CephPrograms;
  readonly #processes: ServiceProcesses;
  readonly #dataDir: string;
  readonly #configPath: string;
  readonly #signal: AbortSignal | undefined;

  constructor(
    programs: CephPrograms,
    processes: ServiceProcesses,
    dataDir: string,
    signal: AbortSignal | undefined,
  ) {
    this.#programs = programs;
    this.#processes = processes;
    this.#dataDir = dataDir;
    this.#configPath = join(dataDir, "ceph.conf");
    this.#signal = signal;
  }

  /** Writes the configuration and the monitor's store. */
  async create(rgwPort: number): Promise<void> {
    const fsid = randomUUID();
    const monPort = await freePort();
    const { libDir } = this.#programs;
    const dataDir = this.#dataDir;
    await writeFile(this.#configPath, cephConfig({ dataDir, libDir, fsid, monPort, rgwPort }));
    await mkdir(this.#path("mon"));
    await mkdir(this.#path("osd"));
    const [monmap, osdmap] = [this.#path("monmap"), this.#path("osdmap")];
    const address = `[v2:127.0.0.1:${monPort}]`;
    await Promise.all([
      this.#run("monmaptool", ["--create", "--addv", "a", address, "--fsid", fsid, monmap]),
      this.#run("osdmaptool", ["--createsimple", "1", osdmap, "--pg-num", "1"]),
    ]);
    // With a first map that knows the OSD, nobody has to register it with Ceph's Python tools.
    await this.#run("ceph-mon", ["--mkfs", "-i", "a", "--monmap", monmap, "--osdmap", osdmap]);
  }

  /** Starts the monitor and the OSD, and waits until the OSD has joined. */
  async startStore(): Promise<void> {
    this.#spawn("ceph-mon", ["-i", "a"]);
    await this.#run("ceph-osd", ["-i", "0", "--mkfs", "--osd-uuid", randomUUID()]);
    this.#spawn("ceph-osd", ["-i", "0"]);
    // A gateway that starts before sleeps for 5 s when it does not find the OSD.
    await Promise.race([this.#osdJoined(), this.#processes.failure]);
  }

  async startGateway(): Promise<void> {
    const user = ["user", "create", "--uid", "test", "--display-name", "test"];
    const keys = ["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY];
    await this.#run("radosgw-admin", ["-n", "client.rgw.a", ...user, ...keys]);
    this.#spawn("radosgw", ["-n", "client.rgw.a"]);
  }

  async #osdJoined(): Promise<void> {
    const deadline = Date.now() + OSD_TIMEOUT_MS;
    while (Date.now() < deadline) {
      this.#signal?.throwIfAborted();
      const log = await readFile(this.#path("log/osd.0.log"), "utf8").catch(() => "");
      if (log.includes("booting -> active")) return;
      await sleep(POLL_MS);
    }
    throw new Error(`the OSD has not joined the cluster after ${OSD_TIMEOUT_MS} ms`);
  }

  #run(program: CephProgram, args: readonly string[]): Promise<string> {
    const config = ["-c", this.#configPath];
    return this.#programs.run(program, [...config, ...args], this.#signal);
  }

  #spawn(name: CephProgram, args: readonly string[]): void {
    const { program, args: before } = this.#programs.command(name);
    const own = ["-c", this.#configPath, "--foreground", ...args];
    this.#processes.spawn(name, program, [...before, ...own]);
  }

  #path(name: string): string {
    return join(this.#dataDir, name);
  }
}
