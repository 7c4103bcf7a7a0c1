import type { LodeError } from "../../errors.js";
import type {
  CatalogueRun,
  CatalogueSyncOptions,
  ListRunsOptions,
  Run,
  RunCatalogue,
} from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { askCatalogue } from "./run-catalogue.js";
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
  /** False: read every run, without the catalogue. */
  readonly index?: boolean | undefined;
  /** Told how many runs have been read, first by the catalogue and then one by one. */
  readonly onRead?: ((runs: number) => void) | undefined;
}

const MAX_PAGE = 10_000;

/** The runs of a place by the time of their creation, the newest last; of many runs by their catalogue. */
export function listRuns(
  app: AppContext,
  place: string | undefined,
  { limit, index = true, onRead, ...options }: RunListOptions = {},
): Promise<RunEntry[]> {
  const { signal } = app;
  return withRuns(app, place, async (runs) => {
    const { RunCatalogue: Catalogue } = await import("../../runs/index.js");
    const onUnreadable = toldOnce(options.onUnreadable);
    const ours =
      index && (await Catalogue.listsFaster(runs, { signal }))
        ? await askCatalogue(app, runs, {
            onUnreadable: ofListed(options.deleted, onUnreadable),
            onRead,
            ask: (catalogue) => listed(catalogue, options, limit, signal),
          })
        : undefined;
    const foreignOnly = ours !== undefined;
    const read = runs.listRuns({ ...options, foreignOnly, onUnreadable, signal });
    const entries = ours ?? [];
    let count = 0;
    for await (const run of read) {
      entries.push(runEntry(run));
      onRead?.(++count);
    }
    entries.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
    return limit === undefined ? entries : entries.slice(-limit);
  });
}

/** The newest `limit` ones, the oldest of them first. */
async function listed(
  catalogue: RunCatalogue,
  { onUnreadable: _, ...query }: Omit<RunListOptions, "limit" | "index" | "onRead">,
  limit: number | undefined,
  signal: AbortSignal,
): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  let left = limit ?? Number.POSITIVE_INFINITY;
  for (let cursor: string | null | undefined; cursor !== null && left > 0; ) {
    const asked = { ...query, limit: Math.min(left, MAX_PAGE), cursor };
    const page = await catalogue.list(asked, { signal });
    for (const run of page.runs) entries.push(catalogueEntry(run));
    left -= page.runs.length;
    cursor = page.cursor;
  }
  return entries.reverse();
}

/** A listing of runs that are not deleted does not look at those that are, and the other way round. */
function ofListed(
  deleted = false,
  onUnreadable: ListRunsOptions["onUnreadable"],
): CatalogueSyncOptions["onUnreadable"] {
  return (key, error, isDeleted) => {
    if (isDeleted !== undefined && isDeleted !== deleted) return;
    if (onUnreadable === undefined) throw error;
    onUnreadable(key, error);
  };
}

/** A catalogue that fails half-way has told already what reading all tells again. */
function toldOnce(onUnreadable: ListRunsOptions["onUnreadable"]): ListRunsOptions["onUnreadable"] {
  if (onUnreadable === undefined) return undefined;
  const told = new Set<string>();
  return (key: string, error: LodeError) => {
    if (!told.has(key)) onUnreadable(key, error);
    told.add(key);
  };
}

function runEntry(run: Run): RunEntry {
  const inputs = Object.keys(run.inputs).length;
  return entryOf(run.id, run, inputs, Object.keys(run.outputs).length);
}

function catalogueEntry(run: CatalogueRun): RunEntry {
  return entryOf(run.runId, run, run.inputs, run.outputs);
}

function entryOf(
  id: string,
  run: Omit<RunEntry, "id" | "inputs" | "outputs">,
  inputs: number,
  outputs: number,
): RunEntry {
  const { runType, project, status, createdAt, endedAt, deletedAt, revision } = run;
  const { params, metrics, tags } = run;
  return {
    ...{ id, runType, project, status, createdAt, endedAt, deletedAt, revision },
    ...{ params, metrics, tags, inputs, outputs },
  };
}
