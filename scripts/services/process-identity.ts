import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "./cache-folder.js";
import { runCommand } from "./run-command.js";

/** A process that cannot be mistaken for a later one which was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own notation; only good for comparing. */
  readonly started: string;
}

const END_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/** The identity of a process, or undefined if it has ended (a zombie has ended). */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === "linux" ? await startInProc(pid) : await startInPs(pid);
  return started === undefined ? undefined : { pid, started };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.started === identity.started;
}

/**
 * Kills process groups by their leaders and waits until the leaders are gone. The servers here hold
 * nothing worth saving, so they are not asked first.
 *
 * @throws Error if one is still there after 10 seconds.
 */
export async function endProcesses(identities: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of identities) {
    if (await isAlive(identity)) killGroup(identity.pid);
  }
  const deadline = Date.now() + END_TIMEOUT_MS;
  for (const identity of identities) {
    while (await isAlive(identity)) {
      if (Date.now() > deadline) throw new Error(`process ${identity.pid} does not end`);
      await sleep(POLL_MS);
    }
  }
}

export function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

/** Fields 3 (state) and 22 (start time in ticks since boot) of /proc/PID/stat, see proc(5). */
async function startInProc(pid: number): Promise<string | undefined> {
  let line: string;
  try {
    line = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
  // Field 2 is the name in parentheses, in which spaces and parentheses may stand.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

async function startInPs(pid: number): Promise<string | undefined> {
  try {
    // The first process always exists: it tells "ps cannot run" apart from "no such process".
    const list = await runCommand("ps", ["-o", "pid=,lstart=", "-p", `1,${pid}`]);
    const line = list.split("\n").find((text) => text.trim().startsWith(`${pid} `));
    return line?.trim();
  } catch (error) {
    throw new Error(`cannot look for process ${pid}`, { cause: error });
  }
}
