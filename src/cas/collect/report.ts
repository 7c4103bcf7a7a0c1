import type { BlobId } from "../keys.js";

export interface Tally {
  readonly blobs: number;
  readonly packs: number;
  /** Stored bytes. */
  readonly bytes: number;
}

/** What a collection did; of a dry run, what it would do. */
export interface CollectReport {
  readonly dryRun: boolean;
  /** The newest cycle. */
  readonly cycle: number;
  /** All that is there. */
  readonly found: Tally;
  /** Newly condemned: nothing refers to it. The next collection deletes it unless it is rescued. */
  readonly condemned: Tally;
  /** Blobs without a ref that another program wrote, which knows nothing of refs: they are left alone. */
  readonly foreign: number;
  /** What an earlier collection condemned, moved to the trash. */
  readonly deleted: Tally;
  /** What an earlier collection condemned and sessions or new refs have saved. */
  readonly rescued: { readonly blobs: number; readonly packs: number };
  /** Sessions that have not yet said that they know what is condemned: nothing is deleted before they do, or their lease runs out. */
  readonly waitingFor: readonly string[];
  /** Emptied from the trash: this is what was freed. */
  readonly freed: { readonly objects: number; readonly bytes: number };
  /** Blobs that were not complete and are again: what was missing was in the trash. */
  readonly restored: readonly BlobId[];
  /** Blobs that refs need and that are neither in place nor in the trash. */
  readonly missing: readonly BlobId[];
  /**
   * Packs of little use, or small, whose live chunks were written anew together; the packs themselves go with the next
   * cycles.
   */
  readonly repacked: {
    readonly packs: number;
    readonly bytes: number;
    readonly writtenBytes: number;
  };
}

/** How far a collection is. */
export interface CollectProgress {
  readonly step: "survey" | "sweep" | "heal" | "trash" | "index" | "repack" | "condemn";
  /** Objects, blobs or packs dealt with in this step. */
  readonly done: number;
}
