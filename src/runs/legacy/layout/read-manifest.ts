import { JsonFields, type JsonPlace } from "../../../core/index.js";
import { isLodeError } from "../../../errors.js";
import { parsePythonJson } from "../../../formats/index.js";
import { RUN_TYPES, type RunType, runIdProblem } from "../../manifest/index.js";
import type { LegacyReference, LegacyRun } from "./legacy-run.js";
import { dataFacts, optionalTime } from "./reference-fields.js";

const WHAT = "manifest of mltrack";

const KNOWN = [
  "run_id",
  "run_type",
  "created_at",
  "inputs",
  "outputs",
  "model_path",
  "model_hash",
  "model_metadata",
  "project",
  "tags",
  "metrics",
  "storage_locations",
];
const MODES: Readonly<Record<string, string>> = {
  by_project: "by_project",
  by_date: "by_date",
  by_type: "by_type",
  all: "flat",
};

/**
 * Reads `manifests/<run>.json` as mltrack's `data_store_v2.py` (commit 31bf0db) writes it: JSON of Python with NaN, times
 * in UTC that do not say so. Fields that it did not write are kept in `more`. Throws `corrupt-format` that names the
 * field.
 */
export function readLegacyManifest(bytes: Uint8Array | string, uri: string): LegacyRun {
  const { fields, text } = legacyFields(bytes, uri);
  const locations = fields.has("storage_locations") ? fields.list("storage_locations") : [];
  return {
    layout: "v2",
    runId: runIdFrom(fields),
    runType: runTypeFrom(fields),
    createdAt: requiredTime(fields, "created_at"),
    project: fields.optionalText("project"),
    inputs: referencesFrom(fields, "inputs"),
    outputs: referencesFrom(fields, "outputs"),
    tags: textsFrom(fields, "tags"),
    metrics: metricsFrom(fields),
    model: modelFrom(fields),
    storageModes: modesFrom(locations),
    more: Object.fromEntries(fields.entries().filter(([name]) => !KNOWN.includes(name))),
    text,
  };
}

/** The document's fields. Throws `corrupt-format` that names `uri`. */
export function legacyFields(
  bytes: Uint8Array | string,
  uri: string,
): { fields: JsonFields; text: string } {
  const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8");
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  try {
    return { fields: new JsonFields(parsePythonJson(text), place), text };
  } catch (error) {
    if (!isLodeError(error, "corrupt-format") || error.uri === uri) throw error;
    throw error.with({ message: `${uri} is no ${WHAT}: ${error.message}`, uri });
  }
}

/** Throws `corrupt-format` for what is no id of a run. */
export function runIdFrom(fields: JsonFields): string {
  const runId = fields.text("run_id");
  const problem = runIdProblem(runId);
  if (problem !== undefined) throw fields.wrong("run_id", `the id of a run: ${problem}`);
  return runId;
}

/** Throws `corrupt-format` for what is missing or no time. */
export function requiredTime(fields: JsonFields, name: string): string {
  const time = optionalTime(fields, name);
  if (time === null) throw fields.wrong(name, "a time");
  return time;
}

function runTypeFrom(fields: JsonFields): RunType {
  const text = fields.text("run_type");
  const type = RUN_TYPES.find((known) => known === text);
  if (type === undefined) throw fields.wrong("run_type", `one of ${RUN_TYPES.join(", ")}`);
  return type;
}

function referencesFrom(fields: JsonFields, role: string): LegacyReference[] {
  if (!fields.has(role)) return [];
  const all = fields.object(role);
  return all.entries().map(([name]) => {
    const reference = all.object(name);
    return {
      name,
      hash: reference.text("hash"),
      storagePath: reference.text("storage_path"),
      size: reference.has("size_bytes") ? reference.integer("size_bytes") : null,
      format: reference.text("format"),
      ...dataFacts(reference),
      createdAt: optionalTime(reference, "created_at"),
    };
  });
}

/** Tags were to be texts, which nothing checked. */
function textsFrom(fields: JsonFields, name: string): Record<string, string> {
  if (!fields.has(name)) return {};
  const entries = fields.object(name).entries();
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function metricsFrom(fields: JsonFields): Record<string, number> {
  if (!fields.has("metrics")) return {};
  const metrics = fields.object("metrics");
  return Object.fromEntries(
    metrics.entries().map(([name, value]) => {
      if (typeof value !== "number") throw metrics.wrong(name, "a number");
      return [name, value];
    }),
  );
}

function modelFrom(fields: JsonFields): Record<string, unknown> | null {
  const about = fields.has("model_metadata")
    ? Object.fromEntries(fields.object("model_metadata").entries())
    : {};
  const path = fields.optionalText("model_path");
  const hash = fields.optionalText("model_hash");
  if (path === null && hash === null && Object.keys(about).length === 0) return null;
  return {
    ...about,
    ...(path === null ? {} : { path }),
    ...(hash === null ? {} : { legacy_hash: hash }),
  };
}

/** The views of which the locations tell: `<prefix>/runs/by_project/…`. */
function modesFrom(locations: readonly unknown[]): string[] {
  const modes = locations.map(
    (location) => MODES[/(?:^|\/)runs\/([a-z_]+)\//.exec(String(location))?.[1] ?? ""],
  );
  return [...new Set(modes.filter((mode) => mode !== undefined))];
}
