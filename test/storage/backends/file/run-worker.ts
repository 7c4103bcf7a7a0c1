import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface WorkerEnd {
  readonly signal: string | null;
  readonly code: number | null;
  readonly output: string;
}

/** Makes one file of `worker.ts`, so that each of the many processes starts quickly. */
export async function bundleWorker(directory: string): Promise<string> {
  const fromTsx = createRequire(createRequire(import.meta.url).resolve("tsx"));
  const { build } = fromTsx("esbuild") as { build(options: object): Promise<unknown> };
  const outfile = join(directory, "worker.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return outfile;
}

/** Runs the bundled worker and waits for its end. */
export function runWorker(script: string, ...args: string[]): Promise<WorkerEnd> {
  const child = spawn(process.execPath, [script, ...args]);
  let output = "";
  child.stderr.on("data", (bytes: Buffer) => {
    output += bytes.toString();
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}
