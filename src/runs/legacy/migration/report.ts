import type { LegacyLayout } from "../layout/index.js";

/**
 * `collision`: the run told of other data than is stored under its hash, so that mltrack never stored the run's own.
 * `hash-differs`: what is stored is not what its name says: exchanged, overwritten, or hashed by another pandas.
 * `damaged`: what is stored cannot be read; its bytes are kept. `unverifiable`: whether it is what its name says cannot
 * be told. `print-out`: only how Python prints the value was ever stored. `missing`: the object is not there.
 * `temp-path`: the data is in a temporary file of the machine that ran. `elsewhere`: it is in another bucket or prefix.
 * `unreadable`: the manifest cannot be read, its run is left out. `no-manifest`: a run of v1 of which only files tell.
 * `conflict`: the target has another run of this id, which stays.
 */
export type FindingReason =
  | "collision"
  | "hash-differs"
  | "damaged"
  | "unverifiable"
  | "print-out"
  | "missing"
  | "temp-path"
  | "elsewhere"
  | "unreadable"
  | "no-manifest"
  | "conflict";

/** Something that a migration found, and that people should know of. */
export interface MigrationFinding {
  readonly reason: FindingReason;
  readonly layout: LegacyLayout;
  /** Undefined for data that no run uses. */
  readonly run?: string | undefined;
  /** `inputs.training_data`; undefined for what concerns the whole run. */
  readonly data?: string | undefined;
  /** Of the object or the manifest at the source, as far as there is one. */
  readonly key?: string | undefined;
  /** One sentence. */
  readonly detail: string;
}

export interface MigrationReport {
  /** Nothing was written; `migrated` tells what would be. */
  readonly dryRun: boolean;
  readonly runs: {
    readonly migrated: number;
    /** Migrated before. */
    readonly existed: number;
    /** Left out; a finding tells why. */
    readonly failed: number;
  };
  readonly objects: {
    readonly migrated: number;
    /** Migrated before. */
    readonly existed: number;
    /** Of the objects that were migrated. */
    readonly bytes: number;
    /** Those of them that were not in the target under any name. */
    readonly newBytes: number;
  };
  readonly findings: readonly MigrationFinding[];
}

/** What a migration has done so far. */
export interface MigrationProgress {
  readonly runs: number;
  readonly objects: number;
  readonly bytes: number;
}

/** Counts as it goes. */
export class MigrationTally {
  readonly runs = { migrated: 0, existed: 0, failed: 0 };
  readonly objects = { migrated: 0, existed: 0, bytes: 0, newBytes: 0 };
  readonly findings: MigrationFinding[] = [];
  readonly #onProgress: ((progress: MigrationProgress) => void) | undefined;

  constructor(onProgress: ((progress: MigrationProgress) => void) | undefined) {
    this.#onProgress = onProgress;
  }

  countRun(how: "migrated" | "existed" | "failed"): void {
    this.runs[how]++;
    this.#tell();
  }

  countObject(bytes: number, newBytes: number): void {
    this.objects.migrated++;
    this.objects.bytes += bytes;
    this.objects.newBytes += newBytes;
    this.#tell();
  }

  countExisting(): void {
    this.objects.existed++;
    this.#tell();
  }

  report(dryRun: boolean): MigrationReport {
    const order = (a: MigrationFinding, b: MigrationFinding) =>
      compare(a.layout, b.layout) ||
      compare(a.run ?? "", b.run ?? "") ||
      compare(a.data ?? "", b.data ?? "") ||
      compare(a.key ?? "", b.key ?? "");
    const findings = [...this.findings].sort(order);
    return { dryRun, runs: { ...this.runs }, objects: { ...this.objects }, findings };
  }

  #tell(): void {
    const { runs, objects } = this;
    this.#onProgress?.({
      runs: runs.migrated + runs.existed + runs.failed,
      objects: objects.migrated + objects.existed,
      bytes: objects.bytes,
    });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
