import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/index.js";
import type { ChildTask } from "./crash-child.js";
import { type CrashJob, UNSYNCED } from "./crash-job.js";
import { expectRecovered, saveOld } from "./expect-recovered.js";

/** A place that a child process can open too. */
export interface KillPlace {
  readonly uri: string;
  readonly env: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}

/** Processes side by side. */
const AT_A_TIME = 3;

/** A process that is killed with -9 before each `stride`-th call of its save, from the first on. */
export function describeKills(
  name: string,
  makePlace: () => Promise<KillPlace>,
  { stride }: { readonly stride: number },
): void {
  describe(`a save on ${name} killed with -9 before its n-th call`, () => {
    let place: KillPlace;
    let folder: string;

    beforeAll(async () => {
      place = await makePlace();
      folder = await bundledChild();
    });

    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
      await place.drop();
    });

    /** True if the child was killed, false if it came to its end. */
    async function killed(job: CrashJob, call: number): Promise<boolean> {
      const { env } = place;
      const uri = `${place.uri}/${job}-${call}`;
      const store = await openStore(uri, { env, file: UNSYNCED });
      await saveOld(store);
      const task: ChildTask = { uri, env, job, point: { call, when: "before" } };
      const wasKilled = await runChild(join(folder, "crash-child.js"), task);
      const at = `${job} killed before call ${call}`;
      const committed = await expectRecovered(store, at);
      if (!wasKilled) expect(committed, at).toBe(true);
      await store.close();
      return wasKilled;
    }

    it.each(["save", "ranks"] as const)(
      "%s: the old checkpoint or the new one is there, and a prune cleans up",
      async (job) => {
        let next = 1;
        let kills = 0;
        let ended = false;
        const worker = async (): Promise<void> => {
          while (!ended) {
            const call = next;
            next += stride;
            if (await killed(job, call)) kills++;
            else ended = true;
          }
        };
        await Promise.all(Array.from({ length: AT_A_TIME }, worker));
        expect(kills * stride).toBeGreaterThan(8);
      },
      120_000,
    );
  });
}

/** One file: to compile it anew for each child would take longer than the save. */
async function bundledChild(): Promise<string> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  // Packages are looked for from here.
  const folder = await mkdtemp(join(cache, "lodestore-crash-"));
  await build({
    absWorkingDir: root,
    entryPoints: ["test/checkpoints/commit/crash-child.ts"],
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "warning",
  });
  return folder;
}

async function runChild(script: string, task: ChildTask): Promise<boolean> {
  const child = spawn(process.execPath, [script, JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code, signal] = await once(child, "close");
  if (signal === "SIGKILL") return true;
  if (code === 0 && output === "saved\n") return false;
  throw new Error(`the child ended with ${code ?? signal}: ${output}`);
}
