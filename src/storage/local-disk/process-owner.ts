import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * A process as text for names of temporary files and locks:
 * `<host>.<boot>.<pid namespace>.<pid>.<start>`. Together they tell whether it still lives, also
 * when its number was given to another process, the machine was started anew, or the folder is
 * shared with other machines or containers.
 */
export type ProcessTag = string;

/** Whether a tag's process lives; `unknown` for one of another machine or container. */
export type Liveness = "alive" | "dead" | "unknown";

let mine: ProcessTag | undefined;

/** The tag of this process. */
export function processTag(): ProcessTag {
  mine ??= [hostTag(), bootTag(), namespaceTag(), process.pid, startTime(process.pid)].join(".");
  return mine;
}

export function liveness(tag: ProcessTag): Liveness {
  const [host, boot, namespace, pid, start] = tag.split(".");
  const [myHost, myBoot, myNamespace] = processTag().split(".");
  if (host !== myHost) return "unknown";
  if (boot !== myBoot) return "dead";
  if (namespace !== myNamespace) return "unknown";
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number < 1 || start === undefined) return "unknown";
  if (!exists(number)) return "dead";
  return startTime(number) === start ? "alive" : "dead";
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function hostTag(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

function bootTag(): string {
  return procText(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")).slice(0, 8);
}

/** Two containers on one kernel count their processes apart. */
function namespaceTag(): string {
  return procText(() => readlinkSync("/proc/self/ns/pid")).replace(/\D/g, "") || "0";
}

/** Clock ticks from the boot to the start of the process: field 22 of `/proc/<pid>/stat` (proc(5)). */
function startTime(pid: number): string {
  const text = procText(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
}

/** Systems without `/proc` know less: there a process is told by its number alone. */
function procText(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return "";
    throw error;
  }
}
