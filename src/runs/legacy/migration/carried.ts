import type { BlobId, Digest } from "../../../cas/index.js";
import type { Examined, LegacyMetadata } from "../data/index.js";

/** How the hash of an object compares with its name. */
export type Verdict = "same" | "differs" | "unknown" | "unchecked";

/** An object of mltrack that is a blob now, or would be. */
export interface Carried {
  /** Undefined in a dry run. */
  readonly blob: BlobId | undefined;
  readonly size: number;
  readonly format: string;
  /** Under which mltrack stored it first. */
  readonly name: string;
  /** What its `metadata.json` tells; undefined where there is none. */
  readonly metadata?: LegacyMetadata | undefined;
  readonly examined: Examined;
  readonly verdict: Verdict;
  readonly digest: Digest | undefined;
}
