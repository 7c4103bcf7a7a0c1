import { errorToJson, LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";
import {
  dataLines,
  diffLines,
  jsonLine,
  plural,
  revisionLines,
  runLines,
  shownRunLines,
} from "../render/index.js";
import { oneOf, type RunOptions } from "./run-options.js";

export async function list(
  { app, json, notices, out }: CommandContext,
  _: readonly string[],
  { store, type, project, tag = [], status, since, until, limit, deleted, index }: RunOptions,
): Promise<void> {
  const { listRuns } = await import("../../app/operations/index.js");
  const { RUN_STATUSES, RUN_TYPES } = await import("../../runs/index.js");
  const runs = await listRuns(app, store, {
    runType: oneOf("--type", type, RUN_TYPES),
    status: oneOf("--status", status, RUN_STATUSES),
    tags: Object.fromEntries(tag),
    ...{ project, since, until, limit, deleted, index },
    onUnreadable(key, error) {
      if (json) out.line(jsonLine({ type: "unreadable", key, error: errorToJson(error) }));
      notices.warn(error.message);
    },
    onRead: (runs) => notices.status(`ls  ${plural(runs, "run")} read`),
  });
  notices.clearStatus();
  if (json) for (const run of runs) out.line(jsonLine({ type: "run", ...run }));
  else for (const line of runLines(runs)) out.line(line);
  if (runs.length === 0) notices.line("no runs");
}

export async function show(
  { app, json, out }: CommandContext,
  [id = ""]: readonly string[],
  { store, revision, human = false }: RunOptions,
): Promise<void> {
  const { showRun } = await import("../../app/operations/index.js");
  const run = await showRun(app, store, id, { revision });
  if (!json) {
    for (const line of shownRunLines(run, human)) out.line(line);
    return;
  }
  const { runId, more, ...facts } = run.facts();
  out.line(jsonLine({ type: "run", id: runId, revision: run.revision, ...facts, ...more }));
}

export async function log(
  { app, json, out }: CommandContext,
  [id = ""]: readonly string[],
  { store }: RunOptions,
): Promise<void> {
  const { logRun } = await import("../../app/operations/index.js");
  const revisions = await logRun(app, store, id);
  if (!json) {
    for (const line of revisionLines(revisions)) out.line(line);
    return;
  }
  for (const { runId, more, ...facts } of revisions) {
    out.line(jsonLine({ type: "revision", id: runId, ...facts, ...more }));
  }
}

export async function diff(
  { app, json, notices, out }: CommandContext,
  [first = "", second = ""]: readonly string[],
  { store, exitCode = false }: RunOptions,
): Promise<void> {
  const { diffRuns } = await import("../../app/operations/index.js");
  const found = await diffRuns(app, store, first, second);
  const all = [...found.data, ...found.values];
  if (json) for (const one of all) out.line(jsonLine({ type: "difference", ...one }));
  else for (const line of diffLines(found)) out.line(line);
  const differences = all.filter(({ state }) => state !== "same").length;
  if (exitCode && differences > 0) {
    const message = `${plural(differences, "difference")} between ${first} and ${second}`;
    throw new LodeError({ code: "unexpected", message });
  }
  if (differences === 0) notices.line("no difference");
}

/** One line a use: the run, and as what it has the data. */
export async function find(
  { app, json, notices, out }: CommandContext,
  [text = ""]: readonly string[],
  { store, index }: RunOptions,
): Promise<void> {
  const { findRuns } = await import("../../app/operations/index.js");
  const { blob, digest, runs } = await findRuns(app, store, text, { index });
  for (const { runId: run, uses } of runs) {
    for (const { role, name } of uses) {
      if (json) out.line(jsonLine({ type: "use", run, role, name, blob, digest }));
      else out.line(`${run}  ${role}  ${name}`);
    }
  }
  if (runs.length === 0) notices.line(`no run uses ${text}`);
}

export async function names(
  { app, json, notices, out }: CommandContext,
  [name]: readonly string[],
  { store, human = false }: RunOptions,
): Promise<void> {
  const { listNamedData } = await import("../../app/operations/index.js");
  const data = await listNamedData(app, store, name);
  if (!json) for (const line of dataLines(data, human)) out.line(line);
  for (const { type: valueType, ...facts } of json ? data : []) {
    out.line(jsonLine({ type: "data", valueType, ...facts }));
  }
  if (data.length === 0) notices.line(name === undefined ? "no names" : `${name} keeps no data`);
}
