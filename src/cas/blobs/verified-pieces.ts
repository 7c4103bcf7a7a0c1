import { createHash } from "node:crypto";
import type { ObjectStore } from "../../storage/index.js";
import type { BlobFacts } from "../blob.js";
import { blobDamage } from "./blob-damage.js";

/** All bytes of a blob; the last piece of them leaves only if the SHA-256 of the whole is the blob's id. Throws `integrity`. */
export async function* verifiedPieces(
  store: ObjectStore,
  { id, key, size }: BlobFacts,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash("sha256");
  const check = () => {
    if (hash.digest("hex") === id) return;
    const reason = "the SHA-256 of all its bytes is not its id";
    throw blobDamage(store, { blob: id, key, offset: 0, reason });
  };
  if (size === 0) check();
  let at = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    at += piece.length;
    if (at === size) check();
    yield piece;
  }
}
