import { hostname } from "node:os";
import { LodeError } from "../../errors.js";
import { observeOperations } from "../../storage/index.js";
import { type OpLogStats, OpLogWriter } from "../writer.js";
import type { OpLogWriterOptions } from "../writer-options.js";
import { type EntrySettings, entryOfRecord } from "./entry-of-record.js";
import { environmentOptions } from "./environment-options.js";

export interface OpLogOptions extends OpLogWriterOptions {
  /** Who sends the requests. Default: this host's name, with the rank where a launcher tells one. */
  readonly clientId?: string | undefined;
  /** How far this machine's clock is ahead of the reference, in nanoseconds; taken off all times. */
  readonly clockOffsetNs?: number | undefined;
  /** Where `LODE_OPLOG_*`, `S3DLIO_OPLOG_*` and ranks are looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The log of one span of this process: every request of every store goes into it. */
export class OpLog {
  readonly #writer: OpLogWriter;
  readonly #stop: () => void;
  readonly #onExit = (): void => this.#writer.closeNow();

  private constructor(writer: OpLogWriter, settings: EntrySettings) {
    this.#writer = writer;
    this.#stop = observeOperations((record) => {
      const entry = entryOfRecord(record, settings);
      if (entry !== undefined) this.#writer.append(entry);
    });
    process.once("exit", this.#onExit);
  }

  /**
   * Begins a log; a file that is there is replaced. Options that are absent come from the
   * environment. Throws `invalid-argument`, `invalid-config`.
   */
  static async start(path: string, options: OpLogOptions = {}): Promise<OpLog> {
    const { env = process.env, clientId, clockOffsetNs = 0, ...given } = options;
    const settings = { clientId: clientId ?? defaultClientId(env), clockOffsetNs };
    if (!Number.isSafeInteger(clockOffsetNs)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `a clock offset of ${clockOffsetNs} is no whole number of nanoseconds`,
      });
    }
    const chosen = Object.entries(given).filter(([, value]) => value !== undefined);
    const writerOptions = { ...environmentOptions(env), ...Object.fromEntries(chosen) };
    return new OpLog(await OpLogWriter.create(path, writerOptions), settings);
  }

  /** Rows written and dropped so far. */
  get stats(): OpLogStats {
    return this.#writer.stats;
  }

  /** Ends the log; again: the same result. Throws if it could not be written. */
  async close(): Promise<OpLogStats> {
    this.#stop();
    process.off("exit", this.#onExit);
    return this.#writer.close();
  }
}

let current: Promise<OpLog> | undefined;

/**
 * Logs every request of this process from now on, until `finalizeOpLog`. Throws `invalid-argument`
 * where a log is under way.
 */
export async function initOpLog(path: string, options: OpLogOptions = {}): Promise<OpLog> {
  if (current !== undefined) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an operation log is under way; end it with finalizeOpLog() before ${path} is begun`,
    });
  }
  const starting = OpLog.start(path, options);
  current = starting;
  try {
    return await starting;
  } catch (error) {
    current = undefined;
    throw error;
  }
}

/** Ends the log of `initOpLog`. Undefined if there is none: calling it again is safe. */
export async function finalizeOpLog(): Promise<OpLogStats | undefined> {
  const ending = current;
  current = undefined;
  return (await ending)?.close();
}

/** Where launchers tell a process its rank: PyTorch, Open MPI, MPICH, Slurm. */
const RANKS = ["RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"];

function defaultClientId(env: Readonly<Record<string, string | undefined>>): string {
  const rank = RANKS.map((name) => env[name]).find((text) => /^\d+$/.test(text ?? ""));
  return rank === undefined ? hostname() : `${hostname()}-r${rank}`;
}
