import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { killGroup } from "./process-identity.js";
import { Watchdog } from "./watchdog.js";

const SHOWN_LOG_CHARS = 2000;

/**
 * The processes of one server, each the leader of its own process group, and the data folder that
 * goes away with them. However this process ends, its servers end with it, unless `detach` was called.
 */
export class ServiceProcesses {
  /** Never fulfilled; rejects when a process ends that was not told to. */
  readonly failure: Promise<never>;
  readonly #fail: (reason: Error) => void;
  readonly #children: ChildProcess[] = [];
  readonly #dataDir: string;
  readonly #watchdog: Watchdog;
  #stopping = false;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#watchdog = new Watchdog(dataDir);
    let fail: (reason: Error) => void = () => {};
    this.failure = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    this.#fail = fail;
    // Only a start that is under way races it; later nobody listens, and that must be no crash.
    this.failure.catch(() => {});
    mkdirSync(join(dataDir, "log"), { recursive: true });
  }

  get pids(): readonly number[] {
    return this.#children.flatMap((child) => child.pid ?? []);
  }

  /** Starts a process; its output goes to `log/NAME.out` in the data folder. */
  spawn(name: string, program: string, args: readonly string[], env = process.env): void {
    const logPath = join(this.#dataDir, "log", `${name}.out`);
    const log = openSync(logPath, "a");
    const child = spawn(program, [...args], {
      cwd: this.#dataDir,
      detached: true,
      env,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.unref();
    this.#children.push(child);
    if (child.pid !== undefined) this.#watchdog.watch(child.pid);
    child.once("error", (cause) => {
      this.#fail(new Error(`${name}: cannot run ${program}: ${cause.message}`, { cause }));
    });
    child.once("exit", (code, signal) => {
      if (!this.#stopping) void this.#reportExit(name, code ?? signal, logPath);
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#children.map(endChild));
    this.#watchdog.dismiss();
    await rm(this.#dataDir, { recursive: true, force: true, maxRetries: 3 });
  }

  detach(): void {
    this.#watchdog.dismiss();
  }

  async #reportExit(name: string, status: number | string | null, logPath: string): Promise<void> {
    const output = await readFile(logPath, "utf8").catch((error: Error) => error.message);
    const shown = output.trim().slice(-SHOWN_LOG_CHARS);
    this.#fail(new Error(`${name} ended while it was needed (${status}): ${shown}`));
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, "exit");
  killGroup(child.pid);
  await exit;
}
