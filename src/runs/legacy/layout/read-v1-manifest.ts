import type { JsonFields } from "../../../core/index.js";
import type { LegacyReference, LegacyRun } from "./legacy-run.js";
import { legacyFields, requiredTime, runIdFrom } from "./read-manifest.js";
import { dataFacts, optionalTime } from "./reference-fields.js";

const KNOWN = [
  "run_id",
  "experiment_id",
  "timestamp",
  "inputs",
  "outputs",
  "model",
  "docker",
  "s3_prefix",
];

/**
 * Reads `experiments/<experiment>/runs/<run>//manifest.json` as mltrack's `data_store.py` (commit 31bf0db) writes it. The
 * run becomes an experiment of the project that the experiment's id names. Throws `corrupt-format` that names the field.
 */
export function readV1Manifest(bytes: Uint8Array | string, uri: string): LegacyRun {
  const { fields, text } = legacyFields(bytes, uri);
  const docker = fields.value("docker") ?? null;
  return {
    ...v1Run(runIdFrom(fields), fields.text("experiment_id"), requiredTime(fields, "timestamp")),
    inputs: referencesFrom(fields, "inputs"),
    outputs: referencesFrom(fields, "outputs"),
    model: fields.has("model") ? Object.fromEntries(fields.object("model").entries()) : null,
    more: {
      ...Object.fromEntries(fields.entries().filter(([name]) => !KNOWN.includes(name))),
      ...(docker === null ? {} : { docker }),
    },
    text,
  };
}

/** A run of which nothing is told but where it lies. */
export function v1Run(runId: string, experiment: string, createdAt: string): LegacyRun {
  return {
    layout: "v1",
    runId,
    runType: "experiment",
    createdAt,
    project: experiment,
    inputs: [],
    outputs: [],
    tags: {},
    metrics: {},
    model: null,
    storageModes: ["by_project"],
    more: {},
    text: "",
  };
}

function referencesFrom(fields: JsonFields, role: string): LegacyReference[] {
  if (!fields.has(role)) return [];
  const all = fields.object(role);
  return all.entries().map(([name]) => {
    const reference = all.object(name);
    const storagePath = reference.optionalText("s3_location") ?? "";
    return {
      name,
      hash: reference.optionalText("hash") ?? "",
      storagePath,
      size: null,
      format: /\.([A-Za-z0-9]{1,16})$/.exec(storagePath)?.[1] ?? "bin",
      ...dataFacts(reference),
      createdAt: optionalTime(reference, "timestamp"),
    };
  });
}
