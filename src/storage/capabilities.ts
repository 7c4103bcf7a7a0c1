/**
 * What a backend can do, as data. The facade refuses a call whose option the backend would ignore,
 * and the conformance suite checks that each claim is true.
 */
export interface Capabilities {
  /** `put` with mode `create`: exactly one of many racing writers wins. */
  readonly putIfAbsent: boolean;
  /** `put` with mode `{ ifMatch }`: compare-and-swap on the etag. */
  readonly putIfMatch: boolean;
  /** Multipart `complete` honours `create` / `{ ifMatch }`. */
  readonly multipartConditional: boolean;
  /** `copy` honours `create` / `{ ifMatch }` for its target. */
  readonly copyConditional: boolean;
  /** `copy` moves no bytes through this process. */
  readonly serverSideCopy: boolean;
  /** Uploads in parts: nothing is visible before `complete`. */
  readonly multipart: boolean;
  /** Interrupted multipart uploads can be listed, resumed and aborted. */
  readonly resumableMultipart: boolean;
  /** Content type is kept and returned by `head` and `get`. */
  readonly contentType: boolean;
  /** User metadata is kept and returned by `head` and `get`. */
  readonly userMetadata: boolean;
  /** A CRC32C sent with `put` is checked by the provider, or by the backend before publishing. */
  readonly putChecksum: boolean;
  /** `storageClass` is kept and returned (S3 storage classes, Azure access tiers). */
  readonly storageClass: boolean;
  /** `readInto` fills the caller's memory without an intermediate copy. */
  readonly readInto: boolean;
  /** Listings come in byte order of the keys. */
  readonly orderedListing: boolean;
  /** `list` honours `startAfter`. */
  readonly listStartAfter: boolean;
  /** Can make URLs that give access for a while. */
  readonly presign: boolean;
  /** Moves an object within the store without copying its bytes. */
  readonly rename: boolean;
  /** Containers can be created, deleted and listed. */
  readonly containers: boolean;
  /** Data survives the process. */
  readonly persistent: boolean;
  /** An object and a longer key below it (`a` and `a/b`) can both exist. */
  readonly keyAndPrefix: boolean;
  /** Smallest size of every multipart part but the last, in bytes. */
  readonly minPartBytes: number;
  /** Largest part, in bytes. */
  readonly maxPartBytes: number;
  /** Most parts of one upload. */
  readonly maxParts: number;
  /** Largest body of one `put`, in bytes. */
  readonly maxPutBytes: number;
  /** Keys of one request of `deleteMany`; 1 where each key costs a request. */
  readonly deleteBatch: number;
}
