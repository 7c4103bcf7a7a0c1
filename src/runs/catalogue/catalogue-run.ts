import { type JsonValue, metricFromJson, type RunStatus, type RunType } from "../manifest/index.js";
import { shownText, shownTextOrNull } from "./stored-text.js";

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
  /** Null for a run that is not deleted. */
  readonly deletedAt: string | null;
  readonly parentRun: string | null;
  readonly model: CatalogueModel | null;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /** How many. */
  readonly inputs: number;
  readonly outputs: number;
}

/** Of a row of `runs`, in this order. */
export const RUN_COLUMNS =
  "run_id, revision, run_type, project, status, created_at, started_at, ended_at, deleted_at, parent_run, model, model_version, facts";

export type RunRow = [
  runId: string,
  revision: number,
  runType: RunType,
  project: string | null,
  status: RunStatus,
  createdAt: string,
  startedAt: string | null,
  endedAt: string | null,
  deletedAt: string | null,
  parentRun: string | null,
  model: string | null,
  modelVersion: string | null,
  facts: string,
];

type Facts = Pick<CatalogueRun, "params" | "tags" | "inputs" | "outputs"> & {
  readonly metrics: Readonly<Record<string, number | string>>;
};

export function runOf(row: RunRow): CatalogueRun {
  const [runId, revision, runType, project, status, createdAt, startedAt, endedAt, ...others] = row;
  const [deletedAt, parentRun, model, version, text] = others;
  const { params, metrics, tags, inputs, outputs } = JSON.parse(text) as Facts;
  return {
    runId: shownText(runId),
    revision,
    runType,
    project: shownTextOrNull(project),
    status,
    createdAt,
    startedAt,
    endedAt,
    deletedAt,
    parentRun: shownTextOrNull(parentRun),
    model: model === null ? null : { name: shownText(model), version: shownTextOrNull(version) },
    params,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name, metricFromJson(value) ?? Number.NaN]),
    ),
    tags,
    inputs,
    outputs,
  };
}
