import type { ListRunsOptions, Run } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { withRuns } from "./run-place.js";

/** What a listing tells of a run. */
export type RunEntry = Pick<
  Run,
  | "id"
  | "runType"
  | "project"
  | "status"
  | "createdAt"
  | "endedAt"
  | "deletedAt"
  | "revision"
  | "params"
  | "metrics"
  | "tags"
> & {
  readonly inputs: number;
  readonly outputs: number;
};

export interface RunListOptions extends Omit<ListRunsOptions, "signal"> {
  /** Only so many, the newest. */
  readonly limit?: number | undefined;
}

/** The runs of a place by the time of their creation, the newest last. */
export function listRuns(
  app: AppContext,
  place: string | undefined,
  { limit, ...options }: RunListOptions = {},
): Promise<RunEntry[]> {
  return withRuns(app, place, async (runs) => {
    const entries: RunEntry[] = [];
    for await (const run of runs.listRuns({ ...options, signal: app.signal })) {
      entries.push(runEntry(run));
    }
    entries.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
    return limit === undefined ? entries : entries.slice(-limit);
  });
}

export function runEntry(run: Run): RunEntry {
  const { id, runType, project, status, createdAt, endedAt, deletedAt, revision } = run;
  const { params, metrics, tags } = run;
  return {
    ...{ id, runType, project, status, createdAt, endedAt, deletedAt, revision },
    ...{ params, metrics, tags },
    inputs: Object.keys(run.inputs).length,
    outputs: Object.keys(run.outputs).length,
  };
}
