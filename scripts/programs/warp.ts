import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, exists, findProgram, publishFolder, runCommand } from "../services/index.js";
import type { Program } from "./program.js";

const VERSION = "v1.3.1";
/** A module with the sums of warp and all that it needs: its own is in no checksum database. */
const MODULE = join(dirname(fileURLToPath(import.meta.url)), "warp");

function folder(): string {
  return join(cacheFolder(), `warp-${VERSION}`);
}

/** MinIO's benchmark, which reads operation logs; built from source by the Go toolchain. */
export const warp: Program = {
  name: "warp",

  async availability() {
    if (await this.isFetched()) return { ok: true };
    return (await findProgram("go")) === undefined
      ? { ok: false, reason: "needs Go" }
      : { ok: true };
  },

  isFetched: () => exists(folder()),

  async fetch(signal) {
    await publishFolder(folder(), async (target) => {
      const source = join(target, "source");
      await cp(MODULE, source, { recursive: true });
      const env = { ...process.env, GOFLAGS: "", CGO_ENABLED: "0" };
      const args = ["build", "-trimpath", "-ldflags=-s -w", "-o", join(target, "warp")];
      await runCommand("go", [...args, "github.com/minio/warp"], {
        cwd: source,
        env,
        ...(signal && { signal }),
      });
    });
  },

  path: () => join(folder(), "warp"),
};
