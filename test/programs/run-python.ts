import { execFile } from "node:child_process";

const MODULES = process.env.LODE_TEST_PYTHONPATH;

/** Whether Python with the readers of `scripts/programs` is there; suites that need it skip without. */
export const hasPython = MODULES !== undefined;

/**
 * Runs a script with arguments; resolves to what it printed. All of `python-requirements.txt` can be
 * imported. Throws with the end of its error output if it fails.
 */
export function runPython(script: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: MODULES, PYTHONWARNINGS: "ignore" };
  return new Promise((resolve, reject) => {
    execFile("python3", ["-c", script, ...args], { env, maxBuffer: 2 ** 28 }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`python: ${err.slice(-4000)}`, { cause: error }));
    });
  });
}
