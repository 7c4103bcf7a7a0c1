import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach } from "vitest";
import { type CommandProcess, runCommand } from "../../src/cli/run-command.js";
import { TEST_HOME } from "./test-home.js";

export interface LodeResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output, one JSON object a line. */
  readonly lines: Record<string, unknown>[];
}

export interface LodeOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  readonly stdin?: string | Uint8Array;
  readonly stdinIsTerminal?: boolean;
  /** Standard error is a terminal of so many columns. */
  readonly terminal?: number;
}

/** Gathers what is written to it. */
class Sink extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** Runs a command line within this process, with streams, environment and signals of its own. */
export async function lode(
  argv: readonly string[],
  options: LodeOptions = {},
): Promise<LodeResult> {
  const stdout = new Sink();
  const stderr = Object.assign(new Sink(), {
    isTTY: options.terminal !== undefined,
    columns: options.terminal ?? 80,
  });
  const proc: CommandProcess = {
    env: { HOME: TEST_HOME, ...options.env },
    stdout,
    stderr,
    stdin: Object.assign(
      Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
      {
        isTTY: options.stdinIsTerminal === true,
      },
    ),
    cwd: () => options.cwd ?? tmpdir(),
    on: () => undefined,
    off: () => undefined,
    exit: (code) => {
      throw new Error(`exit ${code} was called`);
    },
  };
  const code = await runCommand(argv, proc, { version: "0.0.0", home: TEST_HOME });
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    get lines() {
      const lines = stdout.text.split("\n").filter((line) => line !== "");
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

/** A folder for each test of a file, gone after it. */
export function useFolder(): {
  readonly path: string;
  write(files: Record<string, string>): Promise<void>;
} {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "lode-cli-"));
  });
  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
  });
  return {
    get path() {
      return path;
    },
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), text);
      }
    },
  };
}
