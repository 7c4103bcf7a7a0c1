import type {
  Finding,
  RepairOptions,
  RepairReport,
  StoreStats,
  VerifyOptions,
  VerifySummary,
} from "../../cas/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt } from "./resolve-target.js";
import { withRuns } from "./run-place.js";

export interface VerifyRunsOptions extends Omit<VerifyOptions, "signal"> {
  /** Called for each finding as it is made; the look goes on when it ends. */
  readonly onFinding: (finding: Finding) => Promise<void>;
}

/** Looks at all data of a place, whether it is there and what its name says. */
export function verifyRuns(
  app: AppContext,
  place: string | undefined,
  { onFinding, ...options }: VerifyRunsOptions,
): Promise<VerifySummary> {
  return withRuns(app, place, async (runs) => {
    const verification = runs.blobs.verify({ ...options, signal: app.signal });
    for await (const finding of verification) await onFinding(finding);
    return verification.summary;
  });
}

export interface RepairRunsOptions extends Pick<RepairOptions, "dryRun" | "mode" | "onProgress"> {
  /** Stores of runs that may have what is lost here, as a user names them. */
  readonly mirrors?: readonly string[] | undefined;
}

/** Mends what a look at all data finds, as far as that can be done. */
export function repairRuns(
  app: AppContext,
  place: string | undefined,
  { mirrors = [], ...options }: RepairRunsOptions,
): Promise<RepairReport> {
  return withRuns(app, place, async (runs) => {
    const sources: ObjectStore[] = [];
    for (const mirror of mirrors) {
      const { store, folder } = await folderAt(app, locationOf(mirror, app.config.cwd));
      sources.push(store.sub(folder));
    }
    return runs.blobs.repair({ ...options, sources, signal: app.signal });
  });
}

export interface RunStats extends StoreStats {
  readonly runs: number;
}

/** How much there is, and how much of it is shared, in numbers that are measured. */
export function measureRuns(
  app: AppContext,
  place: string | undefined,
  options: { readonly onProgress?: ((objects: number) => void) | undefined },
): Promise<RunStats> {
  return withRuns(app, place, async (runs) => {
    const stats = await runs.blobs.stats({ ...options, signal: app.signal });
    return { runs: stats.objectsByFolder.heads?.objects ?? 0, ...stats };
  });
}
