import { createHash } from "node:crypto";
import { LodeError } from "../errors.js";

/** SHA-256 of a blob's exact bytes in 64 lower hex digits: anyone can check it with `sha256sum`. */
export type BlobId = string;

/** A logical digest, `<scheme>:<64 hex>`: equal values have equal digests, however they are stored. */
export type Digest = string;

const BLOB_ID = /^[0-9a-f]{64}$/;
const DIGEST = /^([a-z0-9]+(?:-[a-z0-9]+)*):([0-9a-f]{64})$/;
const BYTES_SCHEME = "bytes-v1";
const PACK_ID = /^[0-9a-f]{32}$/;

/** Room for a suffix within the 255 bytes that a file system gives a name. */
const MAX_PART_BYTES = 200;
const KEPT_OF_LONG_PART = 150;

export function isBlobId(text: unknown): text is BlobId {
  return typeof text === "string" && BLOB_ID.test(text);
}

export function isPackId(text: unknown): text is string {
  return typeof text === "string" && PACK_ID.test(text);
}

export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && DIGEST.test(text);
}

/** Throws `invalid-argument` unless this is the id of a blob. */
export function checkBlobId(text: string): BlobId {
  if (BLOB_ID.test(text)) return text;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(text.slice(0, 80))} is no blob: give its SHA-256 in 64 lower hex digits`,
  });
}

/** Where everything of a blob lies: `data/<2 hex>/<blob>/`. */
export function blobFolder(id: BlobId): string {
  return `data/${id.slice(0, 2)}/${id}/`;
}

export function dataKey(id: BlobId, format: string): string {
  return `${blobFolder(id)}data.${format}`;
}

export function metadataKey(id: BlobId): string {
  return `${blobFolder(id)}metadata.json`;
}

export function recipeKey(id: BlobId): string {
  return `${blobFolder(id)}recipe.json`;
}

export function packKey(pack: string): string {
  return `packs/${pack.slice(0, 2)}/${pack}`;
}

export function indexKey(id: string): string {
  return `index/${id}`;
}

/** The objects that tell in which blobs a value is stored: their names end with the blob's id. */
export function digestFolder(digest: Digest): string {
  const match = DIGEST.exec(digest);
  if (match === null) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${JSON.stringify(digest.slice(0, 100))} is no digest: give scheme:hex, as table-v1:0f3a…`,
    });
  }
  const [, scheme, hex = ""] = match;
  return `digests/${scheme}/${hex.slice(0, 2)}/${hex}/`;
}

/** The digest of a blob as bytes, scheme `bytes-v1`: no other bytes have it, so no object leads from it to the blob. */
export function blobDigest(id: BlobId): Digest {
  return `${BYTES_SCHEME}:${id}`;
}

/** The blob whose digest this is; undefined for digests of other values. */
export function blobOfDigest(digest: Digest): BlobId | undefined {
  const [scheme, id] = digest.split(":");
  return scheme === BYTES_SCHEME && isBlobId(id) ? id : undefined;
}

/** The objects that keep a blob alive. */
export function refFolder(id: BlobId): string {
  return `refs/${id.slice(0, 2)}/${id}/`;
}

/** The object by which `owner`, one of the owners of a kind, keeps a blob alive. */
export function refKey(id: BlobId, kind: string, owner: string): string {
  return `${refFolder(id)}${kind}/${encodePart(owner)}`;
}

/**
 * Text of users as one part of a key: all but `A-Za-z0-9._-` as `%XX` of its UTF-8, also `.` and `..`,
 * so that no part leaves its folder; `~` for nothing at all. Above 200 bytes: the first 150, `~` and 16 hex digits of the text's SHA-256.
 */
export function encodePart(text: string): string {
  if (text === "") return "~";
  if (text === "." || text === "..") return text.replaceAll(".", "%2E");
  const encoded = Buffer.from(text, "utf8")
    .toString("latin1")
    .replaceAll(
      /[^A-Za-z0-9._-]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    );
  if (encoded.length <= MAX_PART_BYTES) return encoded;
  const hash = createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);
  return `${encoded.slice(0, KEPT_OF_LONG_PART)}~${hash}`;
}

/** The text that {@link encodePart} made this of; undefined for one that was too long to be kept. */
export function decodePart(part: string): string | undefined {
  if (part === "~") return "";
  // Beside it only a long one has this letter.
  return part.includes("~") ? undefined : decodeURIComponent(part);
}
