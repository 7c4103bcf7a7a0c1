import fc from "fast-check";
import type { DataReference, RunManifest } from "../../../src/runs/manifest/index.js";

export const BLOB = "ab".repeat(32);

export const REFERENCE: DataReference = {
  name: "training",
  hash: BLOB,
  type: "table",
  format: "parquet",
  layout: "whole",
  key: `data/ab/${BLOB}/data.parquet`,
  size: 7055,
  digest: `table-v1:${"cd".repeat(32)}`,
  shape: [3, 2],
  columns: ["a", "b"],
  dtype: { a: "int64", b: "double" },
  createdAt: "2026-11-20T19:39:26.791Z",
};

/** With a value in each field. */
export const MANIFEST: RunManifest = {
  schemaVersion: 1,
  runId: "prod_001",
  revision: 2,
  previous: "ef".repeat(32),
  runType: "production",
  project: "customer_churn",
  status: "failed",
  createdAt: "2026-11-20T19:39:26.791Z",
  startedAt: "2026-11-20T19:39:26.791Z",
  endedAt: "2026-11-20T19:41:00.000Z",
  savedAt: "2026-11-20T19:41:00.125Z",
  parentRun: "sweep",
  params: { lr: 0.001, layers: [64, 32], optimizer: { name: "adam" } },
  metrics: { loss: Number.NaN, best: 0.25, bound: Number.POSITIVE_INFINITY },
  tags: { region: "eu" },
  inputs: { training: REFERENCE },
  outputs: {
    predictions: {
      name: "predictions",
      hash: "01".repeat(32),
      type: "array",
      format: "npy",
      layout: "chunked",
      key: `data/01/${"01".repeat(32)}/recipe.json`,
      size: 20_000_128,
      shape: [5_000_000],
      dtype: "float32",
      createdAt: "2026-11-20T19:40:59.000Z",
      metadata: { split: "test" },
    },
  },
  model: { name: "churn", version: "3", path: "s3://models/churn", framework: "onnx" },
  code: { commit: "31bf0db", dirty: true, repository: "git@example.com:ml.git", entry: "train.ts" },
  environment: { node: "20.19.0", platform: "linux-x64", packages: { lodestore: "0.1.0" } },
  error: {
    name: "TypeError",
    message: "no such column",
    stack: "TypeError: no such column\n    at",
  },
  storageModes: ["by_type", "{project}/{yyyy}"],
  more: {},
};

const text = fc.string({ unit: "binary", maxLength: 12 });
const name = text.filter((key) => key !== "__proto__");

export function records<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc
    .array(fc.tuple(name, value), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));
}

const time = fc
  .date({
    min: new Date("1970-01-01T00:00:00Z"),
    max: new Date("2999-01-01T00:00:00Z"),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString());

const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as RunManifest["params"][string])
  .filter((value) => !JSON.stringify(value).includes("__proto__"));

/** Any manifest that can be written. */
export const manifests: fc.Arbitrary<RunManifest> = fc.record({
  schemaVersion: fc.integer({ min: 1, max: 3 }),
  runId: fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((id) => id !== "" && !/\p{Cc}/u.test(id)),
  revision: fc.integer({ min: 1, max: 1_000_000 }),
  previous: fc.constantFrom(null, "ef".repeat(32)),
  runType: fc.constantFrom("experiment", "production", "evaluation", "development", "analysis"),
  project: fc.option(text),
  status: fc.constantFrom("running", "finished", "failed", "killed"),
  createdAt: time,
  startedAt: fc.option(time),
  endedAt: fc.option(time),
  savedAt: time,
  parentRun: fc.option(text),
  params: records(json),
  metrics: records(fc.double()),
  tags: records(text),
  inputs: records(fc.constant(REFERENCE)),
  outputs: records(fc.constant({ ...REFERENCE, more: { unit: "m" } })),
  model: fc.option(fc.record({ name: text, blob: fc.constant(BLOB) })),
  code: fc.option(fc.record({ commit: text, dirty: fc.boolean(), later: json })),
  environment: fc.option(fc.record({ node: text, packages: records(text) })),
  error: fc.option(fc.record({ message: text, code: fc.integer() })),
  storageModes: fc.array(fc.constantFrom("by_date", "flat", "{model}", "{new}"), { maxLength: 3 }),
  more: fc.constantFrom({}, { weather: { wind: 3 } }),
});
