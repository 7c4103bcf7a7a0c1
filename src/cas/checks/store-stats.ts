import type { CallOptions } from "../../storage/index.js";

export interface StatsOptions extends CallOptions {
  /** Called with the number of objects that were seen so far. */
  readonly onProgress?: ((objects: number) => void) | undefined;
}

export interface ObjectTally {
  readonly objects: number;
  readonly bytes: number;
}

/** Of refs: what one kind of them keeps alive, or all kinds together. */
export interface RefTally {
  readonly refs: number;
  readonly blobs: number;
  /** Bytes of these blobs, each once. */
  readonly uniqueBytes: number;
  /** Bytes of these blobs, once for each ref: what would be stored if nothing were shared. */
  readonly logicalBytes: number;
}

/** What a store holds, in numbers that were measured. Bytes of blobs are those before chunks are shared and compressed. */
export interface StoreStats {
  readonly blobs: {
    readonly count: number;
    /** In an object of their own, or in their recipe. */
    readonly whole: number;
    readonly chunked: number;
    /** Each blob once. */
    readonly bytes: number;
    readonly wholeBytes: number;
    readonly chunkedBytes: number;
  };
  readonly refs: RefTally;
  /** By kind: `runs`, `names`. */
  readonly refsByKind: Readonly<Record<string, RefTally>>;
  readonly chunks: {
    /** In all packs. */
    readonly stored: number;
    /** Their bytes before and after compression. */
    readonly plainBytes: number;
    readonly storedBytes: number;
    /** Chunks of which the recipes consist, each as often as it is named. */
    readonly used: number;
  };
  readonly packs: {
    readonly count: number;
    readonly bytes: number;
    /** Bytes of chunks that some recipe names. */
    readonly usedBytes: number;
  };
  /** All that lies in the store, by the first part of its key: `data`, `packs`, `refs`, `trash`, `manifests`… */
  readonly objects: ObjectTally;
  readonly objectsByFolder: Readonly<Record<string, ObjectTally>>;
  readonly ratios: {
    /** Plain bytes of all chunks by the bytes that they take. */
    readonly compression: number;
    /** Bytes of the chunked blobs by those of their chunks, each once. */
    readonly chunkSharing: number;
    /** `refs.logicalBytes` by `refs.uniqueBytes`. */
    readonly blobSharing: number;
    /** `refs.logicalBytes` by the bytes of all objects but the trash; 1 if there are none. */
    readonly total: number;
  };
  /** Recipes and packs that cannot be read and do not count: `verify` tells more. */
  readonly unreadable: number;
}
