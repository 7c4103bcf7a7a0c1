import type { DataReference } from "./data-reference.js";
import type { RunManifest } from "./manifest.js";
import { metricToJson } from "./metric.js";

/** What stands in mltrack's form and depends on the store. */
export interface SeedPlaces {
  /** The URI of the object that holds the data. */
  storagePath(reference: DataReference): string;
  /** Keys in the bucket of the folders in which the run is viewed, without a slash at the end. */
  readonly storageLocations: readonly string[];
}

/**
 * The manifest as mltrack 0.1 writes it: its 12 fields, references of 8, in its order. It refuses any other
 * field, so that what it does not know stays out.
 */
export function encodeSeedManifest(manifest: RunManifest, places: SeedPlaces): string {
  const { path, blob, ...about } = manifest.model ?? {};
  const fields = {
    run_id: manifest.runId,
    run_type: manifest.runType,
    created_at: manifest.createdAt,
    inputs: seedReferences(manifest.inputs, places),
    outputs: seedReferences(manifest.outputs, places),
    model_path: path ?? null,
    model_hash: blob ?? null,
    model_metadata: about,
    project: manifest.project,
    tags: manifest.tags,
    metrics: Object.fromEntries(
      Object.entries(manifest.metrics).map(([name, value]) => [name, metricToJson(value)]),
    ),
    storage_locations: places.storageLocations,
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

function seedReferences(
  references: Readonly<Record<string, DataReference>>,
  places: SeedPlaces,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(references).map(([name, reference]) => [
      name,
      {
        hash: reference.hash,
        storage_path: places.storagePath(reference),
        size_bytes: reference.size,
        format: reference.format,
        shape: reference.shape ?? null,
        columns: reference.columns ?? null,
        dtype: reference.dtype ?? null,
        created_at: reference.createdAt,
      },
    ]),
  );
}
