import { execFile } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command; this process's own when absent. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const SHOWN_OUTPUT_CHARS = 2000;

/**
 * Runs a program to its end and resolves to what it printed on standard output.
 *
 * @throws Error naming the program and the end of its output, if it cannot run or exits with
 * another status than 0.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { maxBuffer: MAX_OUTPUT_BYTES, ...options },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else if (options.signal?.aborted === true) {
          reject(options.signal.reason);
        } else {
          const output = (stderr.trim() || stdout.trim()).slice(-SHOWN_OUTPUT_CHARS);
          const status = error.code === undefined ? `signal ${error.signal}` : `${error.code}`;
          reject(
            new Error(`${program} ${args.join(" ")} failed (${status}): ${output}`, {
              cause: error,
            }),
          );
        }
      },
    );
  });
}
