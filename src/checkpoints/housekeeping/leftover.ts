import type { LodeError } from "../../errors.js";
import type { CheckpointName } from "../manifest/index.js";

/** Something that no checkpoint needs: a crash, a cut connection or a deletion that was stopped left it. */
export interface Leftover {
  readonly kind: "shard" | "record" | "upload" | "named-shard";
  readonly key: string;
  /** Stored bytes; 0 for an upload, whose parts are not told. */
  readonly bytes: number;
  /** When something of the same save was written last. */
  readonly changedAt: Date;
  /** Of the save that left it; undefined for named shards. */
  readonly name: CheckpointName | undefined;
  /** Of an upload in parts. */
  readonly uploadId: string | undefined;
}

export interface Unreadable {
  readonly key: string;
  readonly error: LodeError;
}
