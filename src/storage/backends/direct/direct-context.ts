import type { FsCalls } from "../../local-disk/index.js";
import type { AlignedPool } from "./aligned-pool.js";

/** What the files of one store share. */
export interface DirectContext {
  readonly calls: FsCalls;
  /** Transfers of one file side by side. */
  readonly depth: number;
  readonly pool: AlignedPool;
  readonly mode: "direct" | "buffered";
  /** Whether the system took the memory of a buffer for a direct transfer. */
  readonly alignedBuffers: WeakMap<ArrayBufferLike, boolean>;
  /** From now on all goes through the page cache; told once. */
  refuse(why: string): void;
}
