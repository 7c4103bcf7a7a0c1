import type { DataUse } from "./housekeeping/index.js";
import type { Run } from "./run.js";

/** What saving a run did. */
export interface SaveResult {
  readonly runId: string;
  readonly revision: number;
  /** False if the newest revision told all of it already. */
  readonly changed: boolean;
  /** What others had saved since the run was loaded was taken over. */
  readonly merged: boolean;
}

export interface FoundRun {
  readonly run: Run;
  /** As what it uses the data. */
  readonly uses: readonly DataUse[];
}
