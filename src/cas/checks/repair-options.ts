import type { Clock } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { Finding } from "./finding.js";
import type { VerifyMode, VerifyProgress, VerifySummary } from "./verify-options.js";

export interface RepairOptions extends CallOptions {
  /** Only tells what would be done; writes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** How far is looked for what is to be repaired. Default `full`. */
  readonly mode?: VerifyMode | undefined;
  /** Mirrors: stores that may have the same blobs or packs, asked in this order. Nothing is taken from them unchecked. */
  readonly sources?: readonly ObjectStore[] | undefined;
  readonly clock?: Clock | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * `restored`: brought back from the trash. `fetched`: from a mirror. `rebuilt`: made again from what is there. `removed`: it only led to
 * what is gone. `set-aside`: moved below `damaged/`, so that the blob can be stored anew; until then it is missing.
 */
export type Remedy = "restored" | "fetched" | "rebuilt" | "removed" | "set-aside";

export interface Repaired {
  readonly finding: Finding;
  readonly remedy: Remedy;
}

/** What a repair did; of a dry run, what it would try. */
export interface RepairReport {
  readonly dryRun: boolean;
  readonly repaired: readonly Repaired[];
  /** For which nothing could be done, or had to be. */
  readonly left: readonly Finding[];
  /** What the look found before. */
  readonly found: VerifySummary;
  /** Nothing is missing or corrupt any more, as far as was looked. */
  readonly sound: boolean;
}
