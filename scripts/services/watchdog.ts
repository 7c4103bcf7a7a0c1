import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

// It reads pids until the other end of the pipe is closed, which happens however the process that
// holds it ends: exit, a signal, also SIGKILL. Then nobody else is left to clean up. (`kill -KILL --`
// would be shorter, but dash takes `--` only after `-s`.)
const SCRIPT = `
leaders=
while read -r pid; do leaders="$leaders $pid"; done
for pid in $leaders; do kill -s KILL -- "-$pid" 2>/dev/null; done
for pid in $leaders; do
  tries=100
  while [ "$tries" -gt 0 ] && kill -s 0 -- "-$pid" 2>/dev/null; do tries=$((tries - 1)); sleep 0.1; done
done
rm -rf -- "$1"
`;

/**
 * A small shell process that outlives this one for a moment: it kills the process groups it was told
 * of and removes the data folder, once this process has ended.
 */
export class Watchdog {
  readonly #shell: ChildProcess;

  constructor(dataDir: string) {
    // Its own session, so that Ctrl-C at the terminal does not end it before it has done its work.
    this.#shell = spawn("/bin/sh", ["-c", SCRIPT, "lodestore-watchdog", dataDir], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#shell.unref();
    (this.#shell.stdin as Socket).unref();
  }

  watch(leader: number): void {
    this.#shell.stdin?.write(`${leader}\n`);
  }

  /** Ends the watch without killing anything. */
  dismiss(): void {
    this.#shell.kill("SIGKILL");
  }
}
