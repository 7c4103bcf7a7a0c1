import type { RunEntry } from "../../app/operations/index.js";
import type { DataReference, Run, RunManifest } from "../../runs/index.js";
import { aligned } from "./aligned.js";
import { formatSize, formatTime, plural } from "./text.js";

/** Digits of a blob that are shown in tables; `get` and `find` take them. */
const SHOWN_DIGITS = 12;

/** One line a run: time (UTC), status, type, project, id, and its metrics and tags. */
export function runLines(entries: readonly RunEntry[]): string[] {
  const cells = entries.map((run) => {
    const before = [timeText(run.createdAt), run.status, run.runType, run.project ?? "-"];
    const tags = Object.entries(run.tags).map(([name, value]) => `${name}:${value}`);
    return { before, after: [run.id, pairsText(run.metrics), ...tags].filter(Boolean).join("  ") };
  });
  const columns = aligned(
    cells.map(({ before }) => before),
    4,
  );
  return cells.map(({ after }, index) => `${columns[index]}  ${after}`);
}

/** A run as lines: what it is, then a table of its data. */
export function shownRunLines(run: Run, human: boolean): string[] {
  const { model, code, environment, error } = run;
  const facts: [string, string | null][] = [
    ["type", run.runType],
    ["project", run.project],
    ["status", run.status],
    ["created", timeText(run.createdAt)],
    ["ended", run.endedAt === null ? null : timeText(run.endedAt)],
    ["revision", run.revision === 0 ? null : String(run.revision)],
    ["parent run", run.parentRun],
    ["params", pairsText(run.params)],
    ["metrics", pairsText(run.metrics)],
    ["tags", pairsText(run.tags)],
    ["model", model === null ? null : pairsText(model)],
    ["code", code === null ? null : pairsText(code)],
    ["environment", environment === null ? null : pairsText(environment)],
    ["error", error === null ? null : error.message],
    ["views", run.storageModes.join(", ")],
  ];
  const known = facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
  const data = [
    ...Object.values(run.inputs).map((reference) => ["input", ...dataCells(reference, human)]),
    ...Object.values(run.outputs).map((reference) => ["output", ...dataCells(reference, human)]),
  ];
  const table = data.length === 0 ? [] : ["", ...dataTable(["role", ...DATA_HEADER], data)];
  return [run.id, ...aligned(known, 2), ...table];
}

/** One line a revision: its number, time (UTC), status, and how much it tells. */
export function revisionLines(revisions: readonly RunManifest[]): string[] {
  const rows = revisions.map((revision) => [
    String(revision.revision),
    timeText(revision.savedAt),
    revision.status,
    plural(Object.keys(revision.inputs).length, "input"),
    plural(Object.keys(revision.outputs).length, "output"),
    pairsText(revision.metrics),
  ]);
  return aligned(rows, 6);
}

const DATA_HEADER = ["name", "type", "bytes", "shape", "blob"];

/** Named data, or what a run has, under a header. */
export function dataLines(references: readonly DataReference[], human: boolean): string[] {
  if (references.length === 0) return [];
  return dataTable(
    DATA_HEADER,
    references.map((reference) => dataCells(reference, human)),
  );
}

function dataTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return aligned([header, ...rows], header.length);
}

function dataCells({ name, type, size, shape, hash }: DataReference, human: boolean): string[] {
  const text = shape === undefined ? "-" : shape.join("x") || "scalar";
  return [name, type, formatSize(size, human), text, hash.slice(0, SHOWN_DIGITS)];
}

/** `lr=0.1, optimizer=adam`. */
export function pairsText(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(", ");
}

export function valueText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function timeText(iso: string): string {
  return formatTime(new Date(iso));
}
