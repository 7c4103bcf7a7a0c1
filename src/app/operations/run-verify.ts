import {
  type Finding,
  isDamage,
  type RepairOptions,
  type RepairReport,
  type StoreStats,
  type VerifyOptions,
  type VerifyProgress,
  type VerifySummary,
} from "../../cas/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt } from "./resolve-target.js";
import { withRuns } from "./run-place.js";

/** How far it is: with runs, or with one step of their data. */
export type VerifyRunsProgress = Omit<VerifyProgress, "step"> & {
  readonly step: VerifyProgress["step"] | "runs";
};

export interface VerifyRunsOptions extends Omit<VerifyOptions, "signal" | "onProgress"> {
  readonly onProgress: (progress: VerifyRunsProgress) => void;
  /** Called for each finding as it is made; the look goes on when it ends. */
  readonly onFinding: (finding: Finding) => Promise<void>;
}

/** Looks at all runs of a place and their data, whether it is there and what its name says. */
export function verifyRuns(
  app: AppContext,
  place: string | undefined,
  { onFinding, ...options }: VerifyRunsOptions,
): Promise<VerifySummary> {
  const { signal } = app;
  return withRuns(app, place, async (runs) => {
    const found: Finding[] = [];
    const onProgress = runsProgress(options.onProgress);
    for await (const finding of runs.verifyRuns({ signal, onProgress })) {
      found.push(finding);
      await onFinding(finding);
    }
    const verification = runs.blobs.verify({ ...options, signal });
    for await (const finding of verification) await onFinding(finding);
    return withFindings(verification.summary, found);
  });
}

export interface RepairRunsOptions extends Pick<RepairOptions, "dryRun" | "mode"> {
  readonly onProgress: (progress: VerifyRunsProgress) => void;
  /** Stores of runs that may have what is lost here, as a user names them. */
  readonly mirrors?: readonly string[] | undefined;
}

/** Mends what a look at all runs and their data finds, as far as that can be done. */
export function repairRuns(
  app: AppContext,
  place: string | undefined,
  { mirrors = [], ...options }: RepairRunsOptions,
): Promise<RepairReport> {
  const { signal } = app;
  return withRuns(app, place, async (runs) => {
    const sources: ObjectStore[] = [];
    for (const mirror of mirrors) {
      const { store, folder } = await folderAt(app, locationOf(mirror, app.config.cwd));
      sources.push(store.sub(folder));
    }
    const { dryRun } = options;
    const onProgress = runsProgress(options.onProgress);
    const ofRuns = await runs.repairRuns({ dryRun, signal, onProgress });
    const ofBlobs = await runs.blobs.repair({ ...options, sources, signal });
    const repaired = [...ofRuns.repaired, ...ofBlobs.repaired];
    return {
      ...ofBlobs,
      repaired,
      left: [...ofRuns.left, ...ofBlobs.left],
      found: withFindings(ofBlobs.found, [
        ...ofRuns.repaired.map(({ finding }) => finding),
        ...ofRuns.left,
      ]),
      sound: ofRuns.sound && ofBlobs.sound,
    };
  });
}

function runsProgress(onProgress: (progress: VerifyRunsProgress) => void): (runs: number) => void {
  return (runs) => onProgress({ step: "runs", done: runs, bytes: 0 });
}

function withFindings(summary: VerifySummary, more: readonly Finding[]): VerifySummary {
  const findings = { ...summary.findings };
  for (const { kind } of more) findings[kind]++;
  return { ...summary, findings, sound: summary.sound && !more.some(isDamage) };
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
