import type { SavedRun } from "../commit/index.js";
import { metricToJson } from "../manifest/index.js";
import { storedText } from "./stored-text.js";

type Row = readonly (string | number | null)[];

/** One use of data by a run, in the order of the columns of `uses`, without the run and the schema. */
export type UseRow = readonly [
  place: number,
  role: "input" | "output" | "model",
  name: string,
  blob: string,
  digest: string | null,
];

/** What the tables get of a run, as it goes into SQL. */
export interface RunRows {
  readonly etag: string;
  /** In the order of the columns of `runs`, from `etag` on. */
  readonly run: Row;
  readonly tags: readonly (readonly [name: string, value: string])[];
  /** Infinities as texts, which JSON has no numbers for. */
  readonly metrics: readonly (readonly [name: string, value: number | string | null])[];
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly uses: readonly { readonly row: UseRow; readonly columns: readonly string[] }[];
  /** About what it takes in memory. */
  readonly bytes: number;
}

export function rowsOfRun({ manifest, head }: SavedRun): RunRows {
  const { deletedAt } = head.head;
  const { model } = manifest;
  const facts = JSON.stringify({
    params: manifest.params,
    metrics: mapped(manifest.metrics, metricToJson),
    tags: manifest.tags,
    inputs: Object.keys(manifest.inputs).length,
    outputs: Object.keys(manifest.outputs).length,
  });
  const uses = usesOf({ manifest, head });
  const ofUses = uses.reduce((sum, { columns }) => sum + 256 + 32 * columns.length, 0);
  return {
    etag: head.etag,
    run: [
      head.etag,
      storedText(manifest.runId),
      manifest.revision,
      deletedAt === null ? 0 : 1,
      deletedAt,
      manifest.runType,
      optional(manifest.project),
      manifest.status,
      manifest.createdAt,
      Date.parse(manifest.createdAt),
      manifest.startedAt,
      manifest.endedAt,
      optional(manifest.parentRun),
      optional(model?.name),
      optional(model?.version),
      facts,
    ],
    tags: Object.entries(manifest.tags).map(([name, value]) => [
      storedText(name),
      storedText(value),
    ]),
    metrics: Object.entries(manifest.metrics).map(([name, value]) => [
      storedText(name),
      storedNumber(value),
    ]),
    params: Object.entries(manifest.params).map(([name, value]) => [
      storedText(name),
      JSON.stringify(value),
    ]),
    uses,
    bytes: 1024 + 3 * facts.length + ofUses,
  };
}

function usesOf({ manifest }: SavedRun): RunRows["uses"] {
  const uses: { row: UseRow; columns: readonly string[] }[] = [];
  for (const [role, references] of [
    ["input", manifest.inputs],
    ["output", manifest.outputs],
  ] as const) {
    for (const [name, { hash, digest, columns = [] }] of Object.entries(references)) {
      const row = [uses.length, role, storedText(name), hash, optional(digest)] as const;
      uses.push({ row, columns });
    }
  }
  const { blob, name = "model" } = manifest.model ?? {};
  if (blob !== undefined) {
    uses.push({ row: [uses.length, "model", storedText(name), blob, null], columns: [] });
  }
  return uses;
}

/** NaN is null. SQLite takes a number that is too large for an infinity. */
function storedNumber(value: number): number | string | null {
  if (Number.isNaN(value)) return null;
  if (Number.isFinite(value)) return value;
  return value > 0 ? "9e999" : "-9e999";
}

function mapped<V, R>(values: Readonly<Record<string, V>>, to: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}

function optional(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : storedText(text);
}
