import type { RunType } from "../../manifest/index.js";

/** `v2`: `data/` and `manifests/` of `data_store_v2.py`. `v1`: `experiments/` of `data_store.py`. */
export type LegacyLayout = "v1" | "v2";

/** What a manifest of mltrack tells of data. */
export interface LegacyReference {
  /** Under which the run has it. */
  readonly name: string;
  /** mltrack's, not that of the bytes: 64 hex digits in v2, 8 in v1. Empty where none is told. */
  readonly hash: string;
  /** `s3://bucket/key`, or a path on the machine that ran; empty where none is told. */
  readonly storagePath: string;
  /** Of the object in the store, where a listing showed it. */
  readonly key?: string | undefined;
  /** Of what the run serialised, which need not be what was stored. */
  readonly size: number | null;
  /** `parquet`, `npy`, `json`, in v1 any ending. */
  readonly format: string;
  readonly shape: readonly number[] | null;
  /** Names that are not texts as JSON. */
  readonly columns: readonly string[] | null;
  readonly dtype: string | Readonly<Record<string, string>> | null;
  /** ISO 8601 in UTC; null where none is told. */
  readonly createdAt: string | null;
}

/** A run as mltrack told it. */
export interface LegacyRun {
  readonly layout: LegacyLayout;
  readonly runId: string;
  readonly runType: RunType;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly project: string | null;
  readonly inputs: readonly LegacyReference[];
  readonly outputs: readonly LegacyReference[];
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly model: Readonly<Record<string, unknown>> | null;
  /** `by_project`, `by_date`, `by_type`, `flat`. */
  readonly storageModes: readonly string[];
  /** Fields that mltrack itself did not write. */
  readonly more: Readonly<Record<string, unknown>>;
  /** The manifest as it was written; empty for a run of v1 that has none. */
  readonly text: string;
}
