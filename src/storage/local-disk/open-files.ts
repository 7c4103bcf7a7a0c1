import type { BigIntStats } from "node:fs";
import type { DataFile } from "./data-io.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { etagOf } from "./object-version.js";

const MAX_OPEN = 64;
/** A deleted file's blocks are freed only when nobody has it open: keep none for long. */
const IDLE_MS = 1000;

interface Held {
  readonly path: string;
  readonly file: DataFile;
  readonly stats: BigIntStats;
}

/**
 * Files kept open for a moment after a ranged read, since many ranges of one object tend to be read
 * one after the other. One is lent to one reader at a time, and only if its path still leads to it unchanged.
 */
export class OpenFiles {
  readonly #calls: FsCalls;
  #idle: Held[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(calls: FsCalls) {
    this.#calls = calls;
  }

  /** A file that the path leads to, which the caller has to `give` back. */
  take(path: string): { file: DataFile; stats: BigIntStats } | undefined {
    const index = this.#idle.findIndex((held) => held.path === path);
    const held = this.#idle[index];
    if (held === undefined) return undefined;
    this.#idle.splice(index, 1);
    if (this.#isCurrent(held)) return held;
    this.#closeQuietly(held);
    return undefined;
  }

  /** Takes a file for later. */
  async give(path: string, file: DataFile, stats: BigIntStats): Promise<void> {
    if (this.#closed) return file.close();
    this.#idle.push({ path, file, stats });
    if (this.#idle.length > MAX_OPEN) {
      const oldest = this.#idle.shift();
      if (oldest !== undefined) await oldest.file.close();
    }
    this.#timer?.refresh();
    this.#timer ??= setTimeout(() => this.#closeAll(), IDLE_MS).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const idle = this.#idle;
    this.#idle = [];
    await Promise.all(idle.map((held) => held.file.close()));
  }

  #closeAll(): void {
    this.#timer = undefined;
    const idle = this.#idle;
    this.#idle = [];
    for (const held of idle) this.#closeQuietly(held);
  }

  /** A link's own stats never equal those of its target, so linked objects are opened each time. */
  #isCurrent(held: Held): boolean {
    try {
      return etagOf(this.#calls.lstatSync(held.path)) === etagOf(held.stats);
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return false;
      this.#closeQuietly(held);
      throw error;
    }
  }

  #closeQuietly(held: Held): void {
    // It was only read from: a failing close loses nothing, and there is no call to tell it to.
    held.file.close().catch(() => {});
  }
}
