import type { StoreWarning } from "../storage/index.js";
import type { Config } from "./config/index.js";
import type { StorePool } from "./store-pool.js";

/** What every operation works with. */
export interface AppContext {
  readonly config: Config;
  readonly stores: StorePool;
  /** Ends every operation with `aborted`. */
  readonly signal: AbortSignal;
  readonly onWarning: (warning: StoreWarning) => void;
}
