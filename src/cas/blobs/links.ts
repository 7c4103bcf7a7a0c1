import { crc32c, JsonFields, parseJson } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type BlobId, isBlobId, linksKey } from "../keys.js";
import { createJson } from "./create-json.js";

const VERSION = 1;

/** Tells which blobs a blob needs, before that one is there; nothing if it needs none. */
export async function putLinks(
  store: ObjectStore,
  blob: BlobId,
  links: readonly BlobId[],
  options: CallOptions,
): Promise<void> {
  if (links.length === 0) return;
  await createJson(store, linksKey(blob), encodeLinks(blob, links), options);
}

/** The body of the object at {@link linksKey}. */
export function encodeLinks(blob: BlobId, links: readonly BlobId[]): string {
  const blobs = [...new Set(links)].sort();
  const document = { version: VERSION, blob, blobs, crc32c: checksum(blob, blobs) };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/**
 * Blobs that a blob needs; none if nothing was told. `folder` ends with a slash: look below it, such as in a trash. Throws
 * `corrupt-format`: a digit that flipped would let a collection take the blob that was meant.
 */
export async function readLinks(
  store: ObjectStore,
  blob: BlobId,
  { signal, folder = "" }: CallOptions & { readonly folder?: string | undefined } = {},
): Promise<readonly BlobId[]> {
  const key = `${folder}${linksKey(blob)}`;
  let text: string;
  try {
    text = await store.text(key, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found")) return [];
    throw error;
  }
  return parseLinks(text, blob, store.uriOf(key));
}

function parseLinks(text: string, blob: BlobId, uri: string): readonly BlobId[] {
  const what = "list of linked blobs";
  const fields = new JsonFields(parseJson(text, what, uri), { what, uri, path: "" });
  if (fields.integer("version") !== VERSION) throw fields.wrong("version", String(VERSION));
  if (fields.text("blob") !== blob) throw fields.wrong("blob", blob);
  const blobs = fields.list("blobs");
  if (!blobs.every(isBlobId)) throw fields.wrong("blobs", "a list of blobs");
  if (fields.text("crc32c") === checksum(blob, blobs)) return blobs;
  throw new LodeError({
    code: "corrupt-format",
    message: `${uri} is no ${what}: its checksum does not match`,
    uri,
  });
}

/** CRC-32C in 8 hex digits of the compact JSON of all fields in order, without their names, as a recipe has. */
function checksum(blob: BlobId, blobs: readonly BlobId[]): string {
  const text = JSON.stringify([VERSION, blob, blobs]);
  return crc32c(Buffer.from(text, "utf8")).toString(16).padStart(8, "0");
}
