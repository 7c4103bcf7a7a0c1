import type { SqliteDatabase } from "../../index/index.js";
import type { RunStatus, RunType } from "../manifest/index.js";

export interface CatalogueModel {
  readonly name: string;
  readonly version: string | null;
}

/** A run as the catalogue knows it; `RunStore.getRun` gives the rest. Times are ISO 8601 in UTC. */
export interface CatalogueRun {
  readonly runId: string;
  readonly revision: number;
  readonly runType: RunType;
  readonly project: string | null;
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly parentRun: string | null;
  readonly model: CatalogueModel | null;
  readonly tags: Readonly<Record<string, string>>;
  /** NaN where the run has it. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Of a row of `runs`, in this order. */
export const RUN_COLUMNS =
  "runs.id, run_id, revision, run_type, project, status, created_at, started_at, ended_at, parent_run, model, model_version";

export type RunRow = [
  id: number,
  runId: string,
  revision: number,
  runType: RunType,
  project: string | null,
  status: RunStatus,
  createdAt: string,
  startedAt: string | null,
  endedAt: string | null,
  parentRun: string | null,
  model: string | null,
  modelVersion: string | null,
];

export function runOf(database: SqliteDatabase, row: RunRow): CatalogueRun {
  const [id, runId, revision, runType, project, status, createdAt, startedAt, endedAt] = row;
  const [parentRun, model, version] = row.slice(9) as [string | null, string | null, string | null];
  const tags = database.rows<[string, string]>("SELECT name, value FROM tags WHERE run = ?", [id]);
  const metrics = database.rows<[string, number | null]>(
    "SELECT name, value FROM metrics WHERE run = ?",
    [id],
  );
  return {
    runId,
    revision,
    runType,
    project,
    status,
    createdAt,
    startedAt,
    endedAt,
    parentRun,
    model: model === null ? null : { name: model, version },
    tags: Object.fromEntries(tags),
    metrics: Object.fromEntries(metrics.map(([name, value]) => [name, value ?? Number.NaN])),
  };
}
