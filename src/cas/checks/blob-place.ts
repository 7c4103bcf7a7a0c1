import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { BlobDescription, BlobFacts, BlobMetadata, BlobSource, StoredBlob } from "../blob.js";
import type { BlobId } from "../keys.js";

/** What repair needs of a store of blobs: its reads are checked, and what it stores is safe from collection until the session ends. */
export interface BlobPlace {
  readonly store: ObjectStore;
  find(id: BlobId, options?: CallOptions): Promise<BlobFacts | undefined>;
  metadata(id: BlobId, options?: CallOptions): Promise<BlobMetadata>;
  links(id: BlobId, options?: CallOptions): Promise<readonly BlobId[]>;
  stream(id: BlobId, options?: CallOptions): AsyncIterable<Uint8Array>;
  session(options?: CallOptions): Promise<BlobSession>;
}

export interface BlobSession extends AsyncDisposable {
  put(source: BlobSource, description: BlobDescription, options?: CallOptions): Promise<StoredBlob>;
  confirm(options?: CallOptions): Promise<void>;
}
