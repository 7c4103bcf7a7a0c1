import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { BlobDescription, BlobMetadata } from "../blob.js";
import { type BlobId, packKey } from "../keys.js";
import { decodeChunk, MAX_PACK_BYTES, PackFooter } from "../packs/index.js";
import type { BlobPlace, BlobSession } from "./blob-place.js";
import { startsAsPack } from "./scan-pack.js";

/** Other stores that may have the same blobs. What is missing or damaged in one of them is looked for in the next. */
export class Mirrors {
  readonly #places: readonly BlobPlace[];

  constructor(places: readonly BlobPlace[]) {
    this.#places = places;
  }

  /** A pack of this id of which every chunk is right, up to 72 MiB in memory. */
  async pack(pack: string, options: CallOptions): Promise<Uint8Array | undefined> {
    return this.#first(({ store }) => soundPack(store, pack, options));
  }

  /** Whether one of them has the pack, unchecked. */
  async hasPack(pack: string, options: CallOptions): Promise<boolean> {
    for (const { store } of this.#places) {
      if (await store.exists(packKey(pack), options)) return true;
    }
    return false;
  }

  async hasBlob(id: BlobId, options: CallOptions): Promise<boolean> {
    return (await this.#first((place) => place.find(id, options))) !== undefined;
  }

  metadata(id: BlobId, options: CallOptions): Promise<BlobMetadata | undefined> {
    return this.#first((place) => place.metadata(id, options));
  }

  /** Those of a mirror that has the blob. */
  links(id: BlobId, options: CallOptions): Promise<readonly BlobId[] | undefined> {
    return this.#first(async (place) =>
      (await place.find(id, options)) === undefined ? undefined : place.links(id, options),
    );
  }

  /** Stores the blob from the first mirror that has all of it as it must be; false if there is none. */
  async fetch(id: BlobId, session: BlobSession, options: CallOptions): Promise<boolean> {
    const fetched = await this.#first(async (place) => {
      if ((await place.find(id, options)) === undefined) return undefined;
      const links = await place.links(id, options);
      const metadata = await place.metadata(id, options);
      // The stream ends with an error, and nothing is stored, unless its SHA-256 is the id.
      await session.put(place.stream(id, options), descriptionOf(metadata, links), options);
      return true;
    });
    return fetched === true;
  }

  async #first<T>(look: (place: BlobPlace) => Promise<T | undefined>): Promise<T | undefined> {
    for (const place of this.#places) {
      try {
        const found = await look(place);
        if (found !== undefined) return found;
      } catch (error) {
        // A mirror may be damaged too.
        if (!isLodeError(error, "not-found", "integrity", "corrupt-format")) throw error;
      }
    }
    return undefined;
  }
}

function descriptionOf(metadata: BlobMetadata, links: readonly BlobId[]): BlobDescription {
  const { name, type, format, shape, columns, dtype, digest } = metadata;
  return { name, type, format, shape, columns, dtype, digest, metadata: metadata.metadata, links };
}

async function soundPack(
  store: ObjectStore,
  pack: string,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  const key = packKey(pack);
  if ((await store.head(key, options)).size > MAX_PACK_BYTES * 2) return undefined;
  const bytes = await store.bytes(key, options);
  const footer = PackFooter.endOf(bytes);
  if (footer.pack !== pack || footer.packBytes !== bytes.length || !startsAsPack(bytes)) {
    return undefined;
  }
  for (let entry = 0; entry < footer.count; entry++) {
    const chunk = bytes.subarray(footer.start(entry), footer.end(entry));
    if ((await decodeChunk(footer, entry, chunk, true)) === undefined) return undefined;
  }
  return bytes;
}
