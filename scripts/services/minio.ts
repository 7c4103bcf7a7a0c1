import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, exists, publishFolder } from "./cache-folder.js";
import { findProgram } from "./find-program.js";
import { runCommand } from "./run-command.js";
import { s3Env } from "./s3-env.js";
import type { Availability, RunningService, Service, StartOptions } from "./service.js";
import { ServiceProcesses } from "./service-processes.js";
import { waitUntilAnswering } from "./wait-until-answering.js";

/** A commit of February 2026; MinIO tags its releases by date, which are no Go versions. */
const VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
const ACCESS_KEY = "test-minio";
const SECRET_KEY = "testtest-minio";

function folder(): string {
  return join(cacheFolder(), `minio-${VERSION}`);
}

/** MinIO, the second S3 implementation, built from source by the Go toolchain. */
export const minio: Service = {
  name: "minio",

  async availability(): Promise<Availability> {
    if (process.platform === "win32") return { ok: false, reason: "needs POSIX process groups" };
    if (await this.isFetched()) return { ok: true };
    return (await findProgram("go")) === undefined
      ? { ok: false, reason: "needs Go" }
      : { ok: true };
  },

  isFetched(): Promise<boolean> {
    return exists(folder());
  },

  async fetch(signal?: AbortSignal): Promise<void> {
    await publishFolder(folder(), async (target) => {
      // GOFLAGS may hold what only makes sense inside a module, for example -mod=vendor.
      const env = { ...process.env, GOBIN: target, GOFLAGS: "", CGO_ENABLED: "0" };
      const args = ["install", "-trimpath", "-ldflags=-s -w", `github.com/minio/minio@${VERSION}`];
      await runCommand("go", args, { cwd: target, env, ...(signal && { signal }) });
    });
  },

  async start({ dataDir, port, signal }: StartOptions): Promise<RunningService> {
    await this.fetch(signal);
    const processes = new ServiceProcesses(dataDir);
    const address = `127.0.0.1:${port}`;
    const url = `http://${address}`;
    try {
      const data = join(dataDir, "data");
      await mkdir(data);
      const args = ["server", data, "--address", address, "--quiet"];
      args.push("--certs-dir", join(dataDir, "certs"));
      processes.spawn("minio", join(folder(), "minio"), args, minioEnvironment(dataDir));
      await waitUntilAnswering(`${url}/minio/health/cluster`, {
        accept: ({ ok }) => ok,
        failure: processes.failure,
        signal,
      });
    } catch (error) {
      await processes.stop();
      throw error;
    }
    return {
      name: "minio",
      url,
      env: s3Env(url, ACCESS_KEY, SECRET_KEY),
      version: VERSION,
      pids: processes.pids,
      dataDir,
      stop: () => processes.stop(),
      detach: () => processes.detach(),
    };
  },
};

/** Only what is set here: a MINIO_* variable of the caller's must not reach the test server. */
function minioEnvironment(home: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("MINIO_"));
  return {
    ...Object.fromEntries(inherited),
    // It makes ~/.minio even if told to keep its certificates elsewhere.
    HOME: home,
    MINIO_ROOT_USER: ACCESS_KEY,
    MINIO_ROOT_PASSWORD: SECRET_KEY,
    MINIO_BROWSER: "off",
    MINIO_UPDATE: "off",
    MINIO_CALLHOME_ENABLE: "off",
    // Its own switch for test runs; it also allows data on the system's root disk.
    MINIO_CI_CD: "1",
    // A soft limit for Go's garbage collector, see https://pkg.go.dev/runtime#hdr-Environment_Variables
    GOMEMLIMIT: "512MiB",
  };
}
