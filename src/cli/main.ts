import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { COMMANDS } from "./command-table.js";
import { splitCommandLine } from "./global-options.js";
import { topHelp } from "./top-help.js";

/**
 * Runs `lode` for a process and ends it with the right exit code. Help and version are answered from
 * tables; everything else is loaded when a command is known.
 */
export async function runProcess(proc: NodeJS.Process): Promise<void> {
  const argv = proc.argv.slice(2);
  const { before, name } = splitCommandLine(argv);
  if (name === undefined || (name === "help" && argv.length === 1)) {
    const problem = before.find((word) => !isTopOption(word));
    if (before.some((word) => word === "-V" || word === "--version")) {
      proc.stdout.write(`lode ${version()}\n`);
    } else if (before.some((word) => word === "-h" || word === "--help") || name === "help") {
      proc.stdout.write(topHelp());
    } else if (problem === undefined) {
      proc.stderr.write(topHelp());
      proc.exitCode = 2;
    } else {
      proc.stderr.write(`lode: give a command after ${problem}; see lode --help\n`);
      proc.exitCode = 2;
    }
    return;
  }
  const { runCommand } = await import("./run-command.js");
  // Node ends a process that waits for nothing any more, in silence; no half-done work may look done.
  const unfinished = () => {
    proc.stderr.write("lode: ended before its work was done; please report this [unexpected]\n");
    proc.exitCode = 1;
  };
  proc.once("exit", unfinished);
  const code = await runCommand(argv, proc, { version: version(), home: homedir() });
  proc.off("exit", unfinished);
  // Keep-alive connections and half-read pipes must not hold the process back.
  proc.exit(code);
}

function isTopOption(word: string): boolean {
  return ["-h", "--help", "-V", "--version"].includes(word);
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** The names of all commands, for scripts that check the documentation. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map((command) => command.name);
