import type { Clock } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { OpLogEntry } from "../entry.js";
import type { ReplayProgress } from "./replay-result.js";
import type { Placed, TargetOptions } from "./target-map.js";
import type { SkipReason } from "./words.js";

export interface ReplayOptions extends TargetOptions {
  /** Only these words. Default: all. */
  readonly ops?: readonly string[] | undefined;
  /** Leave out reads that failed in the log; writes that failed always are. */
  readonly skipFailed?: boolean | undefined;
  /** At most so many operations, the earliest ones. */
  readonly limit?: number | undefined;
  /**
   * Rows held to bring them into the order of their starts, as a log has them in the order of their
   * ends. A row that comes later than that is begun at once and counted. Default 65,536.
   */
  readonly windowRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Opens the store at a URI; asked once for each. Closing it is the caller's work. */
  readonly openStore: (uri: string) => Promise<ObjectStore>;
  /** Written bytes are a function of this text and the row's number. Default `replay`. */
  readonly seed?: string | undefined;
  /** How many times faster than the log; 0.01 to 1,000, or `max` for no waiting. Default 1. */
  readonly speed?: number | "max" | undefined;
  /**
   * Each thread of the log waits for its last operation and then as long as it did in the log
   * (divided by the speed). Without it an operation waits for its time only.
   */
  readonly closedLoop?: boolean | undefined;
  /** Operations at a time. Default 64. */
  readonly concurrency?: number | undefined;
  /** Begin nothing more after so many milliseconds. */
  readonly durationMs?: number | undefined;
  /** End at the first operation that fails. */
  readonly failFast?: boolean | undefined;
  /** Do nothing but say what would be done, without waiting and without a store. */
  readonly dryRun?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Told about ten times a second. */
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined;
  /** Told of each row that was selected; what it returns is waited for. */
  readonly onOperation?: ((operation: ReplayedOperation) => void | Promise<void>) | undefined;
}

/** What became of a row. */
export type ReplayedOperation = { readonly row: OpLogEntry } & (
  | { readonly status: "planned"; readonly target: Placed }
  | { readonly status: "done"; readonly target: Placed; readonly bytes: number }
  | { readonly status: "failed"; readonly target: Placed; readonly error: LodeError }
  | { readonly status: "cancelled"; readonly target: Placed }
  | { readonly status: "skipped"; readonly reason: SkipReason }
);

const MIN_SPEED = 0.01;
const MAX_SPEED = 1000;
const DEFAULT_WINDOW_ROWS = 65_536;

/** The options with their defaults. Throws `invalid-argument`. */
export function resolveReplayOptions(options: ReplayOptions) {
  const {
    speed = 1,
    concurrency = 64,
    windowRows = DEFAULT_WINDOW_ROWS,
    seed = "replay",
  } = options;
  const { limit = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY } = options;
  if (speed !== "max" && !(speed >= MIN_SPEED && speed <= MAX_SPEED)) {
    throw invalid(`a speed of ${speed} is not from ${MIN_SPEED} to ${MAX_SPEED}, nor max`);
  }
  for (const [name, value] of Object.entries({ concurrency, windowRows })) {
    if (!(Number.isSafeInteger(value) && value > 0)) {
      throw invalid(`${name} cannot be ${value}: give a whole number from 1`);
    }
  }
  for (const [name, value] of Object.entries({ limit, durationMs })) {
    if (!(value >= 0)) throw invalid(`${name} cannot be ${value}: it must not be negative`);
  }
  return {
    ...options,
    speed: speed === "max" ? Number.POSITIVE_INFINITY : speed,
    concurrency,
    windowRows,
    seed,
    limit,
    durationMs,
  };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
