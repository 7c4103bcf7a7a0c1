import { createHash } from "node:crypto";
import { LodeError, throwIfAborted } from "../../errors.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { KeyedMutex } from "./keyed-mutex.js";
import { liveness, processTag } from "./process-owner.js";
import type { Place } from "./root-guard.js";

/** Name of a key's lock beside its file. */
export const LOCK_PREFIX = ".lode-lock-";

/** Ends the name of the second lock. */
export const BREAKER = "-break";

const WAIT_MS = 30_000;

/**
 * Exclusion of writers of one key, within this process and between processes.
 *
 * The lock is a symbolic link beside the file whose text is its owner: `symlink` makes it with its text
 * in one step and fails where one is, so no half-written lock exists. A lock whose process is dead is taken
 * away under a second lock (`...-break`), which is what makes this safe: only its owner or the holder of
 * the second lock removes a lock, so nobody can remove a live one that took a dead one's place
 * between a look and the removal. Locks of other machines and containers cannot be judged and are
 * waited for; after 30 s the error names the file to remove.
 *
 * Compare-and-swap holds it from the comparison to the rename. Unconditional writes and deletions hold
 * it too where the store syncs; with `sync: "none"` they do not, so that bulk loading costs no more.
 */
export class WriteLock {
  readonly #calls: FsCalls;
  readonly #mutex = new KeyedMutex();

  constructor(calls: FsCalls) {
    this.#calls = calls;
  }

  /** True while a writer of this process holds or awaits the lock. */
  isHeld(at: Place): boolean {
    return this.#mutex.isHeld(at.path);
  }

  /** Runs `work` alone among the writers of this key. Throws `timeout` if another never ends. */
  run<T>(at: Place, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#mutex.run(at.path, async () => {
      const lock = lockPath(at);
      await this.#acquire(lock, signal);
      try {
        return await work();
      } finally {
        this.#release(lock);
      }
    });
  }

  /** Only within this process: for unconditional writes that leave no lock on disk. */
  runLocally<T>(at: Place, work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(at.path, work);
  }

  async #acquire(lock: string, signal: AbortSignal | undefined): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    for (let pause = 1; ; pause = Math.min(pause * 2, 16)) {
      if (take(this.#calls, lock)) return;
      if (breakIfDead(this.#calls, lock)) continue;
      throwIfAborted(signal);
      if (Date.now() > deadline) throw stuck(lock);
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
    }
  }

  #release(lock: string): void {
    try {
      this.#calls.unlinkSync(lock);
    } catch (error) {
      if (isFsError(error, "ENOENT")) return;
      // A lock of a living process stops all writers of the key: one more attempt is worth it.
      this.#calls.unlinkSync(lock);
    }
  }
}

/** Removes the lock if its process is dead. True if it may be free now. */
export function breakIfDead(calls: FsCalls, lock: string): boolean {
  const owner = ownerOf(calls, lock);
  if (owner === undefined) return true;
  if (liveness(owner) !== "dead") return false;
  const breaker = `${lock}${BREAKER}`;
  if (!take(calls, breaker)) {
    const other = ownerOf(calls, breaker);
    // Its holder died within the few microseconds of breaking a lock.
    if (other !== undefined && liveness(other) === "dead") unlinkIfThere(calls, breaker);
    return false;
  }
  try {
    if (ownerOf(calls, lock) === owner) unlinkIfThere(calls, lock);
  } finally {
    unlinkIfThere(calls, breaker);
  }
  return true;
}

/** Another waiter may have been faster. */
function unlinkIfThere(calls: FsCalls, path: string): void {
  try {
    calls.unlinkSync(path);
  } catch (error) {
    if (!isFsError(error, "ENOENT")) throw error;
  }
}

function take(calls: FsCalls, lock: string): boolean {
  try {
    calls.symlinkSync(processTag(), lock);
    return true;
  } catch (error) {
    if (isFsError(error, "EEXIST")) return false;
    throw error;
  }
}

function ownerOf(calls: FsCalls, lock: string): string | undefined {
  try {
    return calls.readlinkSync(lock);
  } catch (error) {
    if (isFsError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The lock of a key's file. The name is a digest, since `name` may have the greatest length already. */
export function lockPath(at: Place): string {
  const digest = createHash("sha256").update(at.name).digest("hex").slice(0, 24);
  return `${at.directory}/${LOCK_PREFIX}${digest}`;
}

function stuck(lock: string): LodeError {
  return new LodeError({
    code: "timeout",
    message: `another writer has held ${lock} for ${WAIT_MS / 1000} s; if none runs, remove that file`,
    retry: "safe",
  });
}
