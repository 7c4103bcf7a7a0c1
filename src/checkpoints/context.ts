import { LodeError } from "../errors.js";
import type { ObjectStore, StoreWarning } from "../storage/index.js";
import type { LayoutStrategy } from "./manifest/index.js";

/** How a store of checkpoints writes and reads; all of it has a default. */
export interface CheckpointOptions {
  /** How the keys of shards spread over prefixes. Default `flat`. Reading takes any. */
  readonly strategy?: LayoutStrategy | undefined;
  /** Default `none`, or `zstd` where a level is given. Reading takes both. */
  readonly compression?: "none" | "zstd" | undefined;
  /** 1 (fastest) to 22 (smallest). Default 3. */
  readonly compressionLevel?: number | undefined;
  /** Bytes of a block, which is what is sent, checked and compressed by itself. Default 8 MiB. */
  readonly blockSize?: number | undefined;
  /** Blocks in flight, over all shards that this process writes or reads at a time. Default 16. */
  readonly concurrency?: number | undefined;
  /** What a user should know and that is no failure. */
  readonly onWarning?: ((warning: StoreWarning) => void) | undefined;
}

/** What every function of this folder works with: the store and the settings, checked. */
export interface CheckpointContext {
  readonly store: ObjectStore;
  readonly strategy: LayoutStrategy;
  /** Undefined for no compression. */
  readonly compressionLevel: number | undefined;
  /** Undefined for the default of shards. */
  readonly blockSize: number | undefined;
  readonly concurrency: number;
  readonly onWarning: (warning: StoreWarning) => void;
}

const DEFAULT_LEVEL = 3;
const DEFAULT_CONCURRENCY = 16;
const STRATEGIES: readonly LayoutStrategy[] = ["flat", "round-robin", "binary"];

/** Checks the options. Throws `invalid-argument`. */
export function checkpointContext(
  store: ObjectStore,
  options: CheckpointOptions,
): CheckpointContext {
  const { strategy = "flat", blockSize, concurrency = DEFAULT_CONCURRENCY } = options;
  if (!STRATEGIES.includes(strategy)) {
    throw invalid(`strategy ${JSON.stringify(strategy)} is none of ${STRATEGIES.join(", ")}`);
  }
  for (const [what, value] of Object.entries({ blockSize, concurrency })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw invalid(`${what} ${value} must be a positive whole number`);
    }
  }
  return {
    store,
    strategy,
    compressionLevel: levelOf(options),
    blockSize,
    concurrency,
    onWarning: options.onWarning ?? (() => undefined),
  };
}

function levelOf({ compression, compressionLevel: level }: CheckpointOptions): number | undefined {
  if (level !== undefined && !(Number.isInteger(level) && level >= 1 && level <= 22)) {
    throw invalid(`compressionLevel ${level} must be a whole number from 1 to 22`);
  }
  if (compression === "none" && level !== undefined) {
    throw invalid(`compressionLevel ${level} says nothing with compression "none"; leave one out`);
  }
  return compression === "zstd" ? (level ?? DEFAULT_LEVEL) : level;
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
