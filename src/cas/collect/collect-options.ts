import { type Clock, systemClock } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import type { CollectProgress } from "./report.js";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface CollectOptions extends CallOptions {
  /** Only tells what would be done; writes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /**
   * Milliseconds for which everything is kept, whether something refers to it or not; it protects what programs write that take
   * no lease. Default 24 hours.
   */
  readonly grace?: number | undefined;
  /** Milliseconds for which deleted objects lie in the trash. Default 7 days. */
  readonly restoreWindow?: number | undefined;
  /**
   * Write the live chunks of packs anew that are less than half alive, and of packs below 4 MiB if there are more than
   * 16. Default true.
   */
  readonly repack?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly onProgress?: ((progress: CollectProgress) => void) | undefined;
}

/** Options with their defaults. */
export interface CollectSettings extends Pick<CollectOptions, "signal" | "onProgress"> {
  readonly dryRun: boolean;
  readonly grace: number;
  readonly restoreWindow: number;
  readonly repack: boolean;
  readonly clock: Clock;
}

/** Throws `invalid-argument`. */
export function settingsOf(options: CollectOptions): CollectSettings {
  return {
    dryRun: options.dryRun ?? false,
    grace: milliseconds("grace", options.grace ?? DAY_MS),
    restoreWindow: milliseconds("restoreWindow", options.restoreWindow ?? 7 * DAY_MS),
    repack: options.repack ?? true,
    clock: options.clock ?? systemClock,
    signal: options.signal,
    onProgress: options.onProgress,
  };
}

function milliseconds(name: string, value: number): number {
  if (value >= 0) return value;
  throw new LodeError({
    code: "invalid-argument",
    message: `${name} is ${value}; give milliseconds from 0`,
  });
}
