import { LodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import type { FindingKind } from "./finding.js";

/**
 * `quick`: listings and small objects; everything is there, has its size, and agrees with the rest. `sampled`: that, and a share of the blobs and
 * packs is read and hashed. `full`: all of them are.
 */
export type VerifyMode = "quick" | "sampled" | "full";

export type VerifyStep =
  | "packs"
  | "index"
  | "digests"
  | "blobs"
  | "refs"
  | "pointers"
  | "collection";

export interface VerifyProgress {
  readonly step: VerifyStep;
  /** Objects that this step has dealt with; of the step `blobs`, blobs. */
  readonly done: number;
  /** Read and hashed so far, in all steps. */
  readonly bytes: number;
}

export interface VerifyOptions extends CallOptions {
  /** Default `quick`. */
  readonly mode?: VerifyMode | undefined;
  /** Of `sampled`: the share of blobs and packs that is read, in percent. Default 5. */
  readonly percent?: number | undefined;
  /** Of `sampled`: the same seed reads the same ones. Default 0. */
  readonly seed?: number | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

export interface VerifySummary {
  readonly mode: VerifyMode;
  readonly blobs: number;
  readonly packs: number;
  /** Of those, read and hashed. */
  readonly readBlobs: number;
  readonly readPacks: number;
  readonly readBytes: number;
  /** Blobs of an older program, whose names are not the SHA-256 of their bytes: they cannot be hashed against them. */
  readonly foreign: number;
  readonly findings: Readonly<Record<FindingKind, number>>;
  /** Nothing is missing or corrupt, as far as was looked. */
  readonly sound: boolean;
}

/** Options with their defaults. */
export interface VerifySettings extends Pick<VerifyOptions, "signal" | "onProgress"> {
  readonly mode: VerifyMode;
  readonly percent: number;
  readonly seed: number;
}

/** Throws `invalid-argument`. */
export function verifySettings(options: VerifyOptions): VerifySettings {
  const { mode = "quick", percent = 5, seed = 0, signal, onProgress } = options;
  if (mode !== "quick" && mode !== "sampled" && mode !== "full") {
    throw invalid(`mode ${JSON.stringify(mode)} is none of quick, sampled, full`);
  }
  if (!(percent > 0 && percent <= 100)) {
    throw invalid(`percent ${percent} is no share; give more than 0 and up to 100`);
  }
  return { mode, percent, seed, signal, onProgress };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
