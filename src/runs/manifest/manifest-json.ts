import { isBlobId } from "../../cas/index.js";
import { JsonFields, type JsonPlace, parseJson, refuseProto } from "../../core/index.js";
import { LodeError, toLodeError } from "../../errors.js";
import { type DataReference, referenceFromJson, referenceToJson } from "./data-reference.js";
import type { RunFacts, RunManifest } from "./manifest.js";
import { metricFromJson, metricToJson } from "./metric.js";
import { openObject, optionalTime, records, texts } from "./parse-fields.js";
import { runIdProblem } from "./run-id.js";
import { RUN_STATUSES, RUN_TYPES } from "./run-type.js";

/** What this library writes. */
export const SCHEMA_VERSION = 1;

const WHAT = "manifest of a run";

const KNOWN = [
  "schema_version",
  "run_id",
  "revision",
  "previous",
  "run_type",
  "project",
  "status",
  "created_at",
  "started_at",
  "ended_at",
  "saved_at",
  "parent_run",
  "params",
  "metrics",
  "tags",
  "inputs",
  "outputs",
  "model",
  "code",
  "environment",
  "error",
  "storage_modes",
];

/** The manifest as the bytes of its revision. Throws `invalid-argument` for what JSON does not have. */
export function encodeManifest(manifest: RunManifest): string {
  const fields = {
    schema_version: manifest.schemaVersion,
    run_id: manifest.runId,
    revision: manifest.revision,
    previous: manifest.previous,
    run_type: manifest.runType,
    project: manifest.project,
    status: manifest.status,
    created_at: manifest.createdAt,
    started_at: manifest.startedAt,
    ended_at: manifest.endedAt,
    saved_at: manifest.savedAt,
    parent_run: manifest.parentRun,
    params: manifest.params,
    metrics: mapped(manifest.metrics, metricToJson),
    tags: manifest.tags,
    inputs: mapped(manifest.inputs, referenceToJson),
    outputs: mapped(manifest.outputs, referenceToJson),
    model: manifest.model,
    code: manifest.code,
    environment: manifest.environment,
    error: manifest.error,
    storage_modes: manifest.storageModes,
    ...manifest.more,
  };
  return `${stringify(fields)}\n`;
}

/**
 * The facts as reading them back gives them: what is undefined falls away. Throws `invalid-argument` for what
 * no reader would take.
 */
export function checkedFacts(facts: RunFacts): RunFacts {
  const place = { schemaVersion: SCHEMA_VERSION, revision: 1, previous: null };
  const text = encodeManifest({ ...facts, ...place, savedAt: facts.createdAt });
  try {
    return parseManifest(text, `run ${JSON.stringify(facts.runId)}`);
  } catch (error) {
    const own = toLodeError(error);
    throw unwritable(facts.runId, own.message, error);
  }
}

/**
 * The manifest in the text. Fields that are not known go to `more`. Throws `corrupt-format` that names the
 * field.
 */
export function parseManifest(text: string, uri: string): RunManifest {
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(text, WHAT, uri), place);
  const runId = fields.text("run_id");
  const idProblem = runIdProblem(runId);
  if (idProblem !== undefined) throw fields.wrong("run_id", `the id of a run: ${idProblem}`);
  const schemaVersion = fields.integer("schema_version");
  if (schemaVersion < 1) throw fields.wrong("schema_version", "1 or more");
  const revision = fields.integer("revision");
  if (revision < 1) throw fields.wrong("revision", "1 or more");
  const previous = fields.optionalText("previous");
  if (previous !== null && !isBlobId(previous)) throw fields.wrong("previous", "a SHA-256");
  return {
    schemaVersion,
    runId,
    revision,
    previous,
    runType: oneOf(fields, "run_type", RUN_TYPES),
    project: fields.optionalText("project"),
    status: oneOf(fields, "status", RUN_STATUSES),
    createdAt: requiredTime(fields, "created_at"),
    startedAt: optionalTime(fields, "started_at"),
    endedAt: optionalTime(fields, "ended_at"),
    savedAt: requiredTime(fields, "saved_at"),
    parentRun: fields.optionalText("parent_run"),
    params: records(fields, "params", (value) => value as RunManifest["params"][string]),
    metrics: records(fields, "metrics", metricFrom),
    tags: texts(fields, "tags"),
    inputs: references(fields, "inputs"),
    outputs: references(fields, "outputs"),
    model: openObject(fields, "model", {
      name: "text",
      version: "text",
      path: "text",
      blob: "blob",
    }),
    code: openObject(fields, "code", {
      commit: "text",
      dirty: "flag",
      repository: "text",
      entry: "text",
    }),
    environment: openObject(fields, "environment", {
      node: "text",
      platform: "text",
      packages: "texts",
    }),
    error: failureFrom(fields),
    storageModes: modesFrom(fields),
    more: Object.fromEntries(fields.entries().filter(([name]) => !KNOWN.includes(name))),
  };
}

function mapped<T, U>(items: Readonly<Record<string, T>>, map: (item: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(items).map(([name, item]) => [name, map(item)]));
}

function stringify(fields: Record<string, unknown>): string {
  try {
    return JSON.stringify(fields, checkedValue, 2);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\s+/g, " ") : String(cause);
    throw unwritable(String(fields.run_id), why, cause);
  }
}

/** JSON would drop functions, make `null` of numbers that it does not have, and anything of objects of classes. */
function checkedValue(this: unknown, key: string, value: unknown): unknown {
  refuseProto(key, value);
  const given = (this as Record<string, unknown>)[key];
  const lost =
    typeof value === "function" ||
    typeof value === "symbol" ||
    (value === undefined && Array.isArray(this)) ||
    (typeof value === "number" && !Number.isFinite(value)) ||
    (typeof given === "object" && given !== null && !isPlain(given));
  if (!lost) return value;
  throw new Error(`${key} is ${String(given)}, which JSON does not have`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function oneOf<T extends string>(fields: JsonFields, name: string, known: readonly T[]): T {
  const text = fields.text(name);
  const found = known.find((one) => one === text);
  if (found === undefined) throw fields.wrong(name, `one of ${known.join(", ")}`);
  return found;
}

function requiredTime(fields: JsonFields, name: string): string {
  const time = optionalTime(fields, name);
  if (time === null) throw fields.wrong(name, "a time of ISO 8601 in UTC");
  return time;
}

function metricFrom(value: unknown, fields: JsonFields, name: string): number {
  const metric = metricFromJson(value);
  if (metric === undefined) throw fields.wrong(name, "a number");
  return metric;
}

function references(fields: JsonFields, role: string): Record<string, DataReference> {
  return records(fields, role, (value, inner, name) =>
    referenceFromJson(value, { ...inner.place, path: `${inner.place.path}${name}.` }),
  );
}

function failureFrom(fields: JsonFields): RunManifest["error"] {
  const error = openObject(fields, "error", { name: "text", message: "text", stack: "text" });
  if (error === null) return null;
  return { ...error, message: fields.object("error").text("message") };
}

function modesFrom(fields: JsonFields): readonly string[] {
  const modes = fields.list("storage_modes");
  if (modes.every((mode) => typeof mode === "string")) return modes;
  throw fields.wrong("storage_modes", "a list of texts");
}

function unwritable(runId: string, why: string, cause: unknown): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the manifest of run ${JSON.stringify(runId.slice(0, 80))} cannot be written: ${why}`,
    cause,
  });
}
