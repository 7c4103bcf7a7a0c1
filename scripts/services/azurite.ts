import { createRequire } from "node:module";
import type { Availability, RunningService, Service, StartOptions } from "./service.js";
import { ServiceProcesses } from "./service-processes.js";
import { waitUntilAnswering } from "./wait-until-answering.js";

/**
 * The account that every Azurite has, with the key that Microsoft publishes for it:
 * https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key
 */
const ACCOUNT = "devstoreaccount1";
const ACCOUNT_KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Data kept in memory at most, in MiB; beyond it Azurite refuses writes. */
const MEMORY_LIMIT_MIB = 4096;

const require = createRequire(import.meta.url);
const MAIN = "azurite/dist/src/blob/main.js";
const CONSTANTS = "azurite/dist/src/blob/utils/constants.js";

/** What Azurite keeps as constants, and has no working option for. */
const TUNED: Readonly<Record<string, number>> = {
  // It frees the memory of deleted blobs ten minutes after its start, in steps that grow with the square of their
  // number and let no request in: after some thousand blobs it answers nothing for a minute. No test run lasts a day.
  DEFAULT_GC_INTERVAL_MS: 24 * 3600 * 1000,
  // In seconds. It drops connections that idle for 5 s, perhaps just as one is used again; tests of the backend
  // alone, which does not retry, must not meet that.
  DEFAULT_BLOB_KEEP_ALIVE_TIMEOUT: 3600,
};

/** Microsoft's Azure Storage emulator, blobs only, in memory, from the development dependencies. */
export const azurite: Service = {
  name: "azurite",

  async availability(): Promise<Availability> {
    if (process.platform === "win32") return { ok: false, reason: "needs POSIX process groups" };
    try {
      require.resolve(MAIN);
      return { ok: true };
    } catch (error) {
      const reason = `needs the npm package azurite (npm install): ${(error as Error).message}`;
      return { ok: false, reason: reason.split("\n")[0] ?? reason };
    }
  },

  async isFetched(): Promise<boolean> {
    return (await this.availability()).ok;
  },

  async fetch(): Promise<void> {},

  async start({ dataDir, port, signal }: StartOptions): Promise<RunningService> {
    const processes = new ServiceProcesses(dataDir);
    const url = `http://127.0.0.1:${port}/${ACCOUNT}`;
    try {
      const flags = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck"];
      flags.push("--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", `${port}`);
      flags.push("--extentMemoryLimit", `${MEMORY_LIMIT_MIB}`);
      const program = ["--import", tuning(), require.resolve(MAIN)];
      processes.spawn("azurite", process.execPath, [...program, ...flags], {
        ...process.env,
        // What a test runner puts there (loaders, inspectors) is not meant for this process.
        NODE_OPTIONS: "",
      });
      await waitUntilAnswering(`${url}?comp=list`, {
        // Without credentials the request is refused, but by the right server.
        accept: ({ headers }) => headers.get("server")?.startsWith("Azurite-Blob") ?? false,
        failure: processes.failure,
        signal,
      });
    } catch (error) {
      await processes.stop();
      throw error;
    }
    const { version } = require("azurite/package.json") as { version: string };
    return {
      name: "azurite",
      url,
      env: azuriteEnv(url),
      version,
      pids: processes.pids,
      dataDir,
      stop: () => processes.stop(),
      detach: () => processes.detach(),
    };
  },
};

/** A module that, loaded before Azurite, sets its constants. */
function tuning(): string {
  const path = JSON.stringify(require.resolve(CONSTANTS));
  const lines = [
    'import { createRequire } from "node:module";',
    `Object.assign(createRequire(${path})(${path}), ${JSON.stringify(TUNED)});`,
  ];
  return `data:text/javascript,${encodeURIComponent(lines.join(""))}`;
}

/** The environment for clients of an Azurite whose blob endpoint, with the account, is `url`. */
export function azuriteEnv(url: string): Record<string, string> {
  const parts = {
    DefaultEndpointsProtocol: new URL(url).protocol.slice(0, -1),
    AccountName: ACCOUNT,
    AccountKey: ACCOUNT_KEY,
    BlobEndpoint: url,
  };
  const text = Object.entries(parts).map(([name, value]) => `${name}=${value};`);
  return { AZURE_STORAGE_CONNECTION_STRING: text.join("") };
}
