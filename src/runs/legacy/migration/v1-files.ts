import type { ObjectMeta } from "../../../storage/index.js";
import {
  type LegacyFolder,
  type LegacyReference,
  type LegacyRun,
  utcTime,
  v1Run,
} from "../layout/index.js";

/** `{name}_{yyyymmdd_HHMMSS}_{hash8}.{ending}` */
const DATA_FILE = /^(.+)_(\d{8}_\d{6})_([0-9a-f]{8})\.([A-Za-z0-9]{1,16})$/;
const METADATA_FILE = /^inputs\/.+_metadata\.json$/;

/**
 * The run of v1 with all that lies in its folder. Files that the manifest does not name, as those of models, are outputs
 * by their path, and inputs if they lie there; of a run without a manifest they get the names that they were stored
 * under. What `inputs/*_metadata.json` tell stands in the manifest too, or in the data itself.
 */
export function withFiles(
  told: LegacyRun | undefined,
  { folder, experiment, runId, files }: LegacyFolder,
): LegacyRun {
  const run = told ?? v1Run(runId, experiment, firstTime(files));
  const named = new Set<string>();
  const placed = (reference: LegacyReference): LegacyReference => {
    const key = files.find((meta) => reference.storagePath.endsWith(`/${meta.key}`))?.key;
    if (key === undefined) return reference;
    named.add(key);
    return { ...reference, key };
  };
  const sides = { inputs: run.inputs.map(placed), outputs: run.outputs.map(placed) };
  for (const meta of files) {
    const path = meta.key.slice(folder.length);
    if (METADATA_FILE.test(path) || named.has(meta.key)) continue;
    const side = sides[path.startsWith("inputs/") ? "inputs" : "outputs"];
    const reference = referenceTo(meta, path, told === undefined);
    const taken = side.some(({ name }) => name === reference.name);
    side.push(taken ? { ...reference, name: path } : reference);
  }
  return { ...run, ...sides };
}

function referenceTo(meta: ObjectMeta, path: string, byName: boolean): LegacyReference {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const [, name, stamp, hash = "", ending] = DATA_FILE.exec(file) ?? [];
  return {
    name: byName && name !== undefined ? name : path,
    hash,
    storagePath: "",
    key: meta.key,
    size: meta.size,
    format: ending ?? /\.([A-Za-z0-9]{1,16})$/.exec(file)?.[1] ?? "bin",
    shape: null,
    columns: null,
    dtype: null,
    createdAt:
      (stamp === undefined ? undefined : utcTime(stamp)) ?? meta.lastModified.toISOString(),
  };
}

function firstTime(files: readonly ObjectMeta[]): string {
  const times = files.map((meta) => referenceTo(meta, meta.key, true).createdAt ?? "");
  return times.sort()[0] ?? new Date(0).toISOString();
}
