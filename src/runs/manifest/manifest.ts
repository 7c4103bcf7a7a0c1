import type { BlobId } from "../../cas/index.js";
import type { DataReference } from "./data-reference.js";
import type { RunStatus, RunType } from "./run-type.js";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** The model that a run made or used. Fields that are not named here are kept. */
export interface RunModel {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Where it lies, if not in this store. */
  readonly path?: string | undefined;
  /** It, if it lies in this store; it is kept alive like an output. */
  readonly blob?: BlobId | undefined;
  readonly [field: string]: unknown;
}

/** What code ran. Fields that are not named here are kept. */
export interface RunCode {
  readonly commit?: string | undefined;
  /** There were changes that are in no commit. */
  readonly dirty?: boolean | undefined;
  readonly repository?: string | undefined;
  /** The file or function that was started. */
  readonly entry?: string | undefined;
  readonly [field: string]: unknown;
}

/** What it ran on. Fields that are not named here are kept. */
export interface RunEnvironment {
  /** Version of Node. */
  readonly node?: string | undefined;
  /** Such as `linux-x64`. */
  readonly platform?: string | undefined;
  /** Versions by name. */
  readonly packages?: Readonly<Record<string, string>> | undefined;
  readonly [field: string]: unknown;
}

/** Why a run failed. Fields that are not named here are kept. */
export interface RunFailure {
  readonly name?: string | undefined;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly [field: string]: unknown;
}

/** All that is told of a run but its place in the history of its revisions. Times are ISO 8601 in UTC. */
export interface RunFacts {
  readonly runId: string;
  readonly runType: RunType;
  readonly project: string | null;
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** The id of the run that started this one. */
  readonly parentRun: string | null;
  readonly params: Readonly<Record<string, JsonValue>>;
  /** The last value of each; NaN and the infinities can be stored. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, DataReference>>;
  readonly outputs: Readonly<Record<string, DataReference>>;
  readonly model: RunModel | null;
  readonly code: RunCode | null;
  readonly environment: RunEnvironment | null;
  readonly error: RunFailure | null;
  /** The views that it appears in: `by_project`, `{project}/{yyyy}`… */
  readonly storageModes: readonly string[];
  /** Fields of newer versions, by their names in JSON. They are written back. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** One immutable revision of a run. */
export interface RunManifest extends RunFacts {
  /** Of the manifest's form; a newer one is kept. */
  readonly schemaVersion: number;
  /** From 1. */
  readonly revision: number;
  /** SHA-256 of the revision before, 64 hex digits; null for the first. */
  readonly previous: string | null;
  readonly savedAt: string;
}
