import { execFile } from "node:child_process";

const WARP = process.env.LODE_TEST_WARP;

/** Whether MinIO warp is there; suites that need it skip without. */
export const hasWarp = WARP !== undefined;

/** Runs warp; resolves to what it printed. Throws with its output if it fails. */
export function runWarp(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(WARP ?? "warp", [...args], { cwd, maxBuffer: 2 ** 28 }, (error, out, err) => {
      if (error === null) resolve(out);
      else
        reject(new Error(`warp ${args.join(" ")}: ${(err + out).slice(-4000)}`, { cause: error }));
    });
  });
}
