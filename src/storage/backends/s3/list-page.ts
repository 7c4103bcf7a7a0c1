import type { ListPage, ObjectMeta } from "../../backend.js";
import { unquoteEtag } from "./object-meta.js";
import { decodeListedKey } from "./uri-encoding.js";
import { childrenOf, childText, parseXml, type XmlElement, XmlError } from "./xml.js";

/** One reply of ListObjectsV2. */
export interface ListReply extends ListPage {
  readonly truncated: boolean;
  /** Where the next page begins. */
  readonly token: string | undefined;
}

/** The reply is XML but no listing, or says what cannot be; the message ends a sentence. */
export class ListReplyError extends Error {}

/**
 * Reads a listing by the strict parser: for replies that the scanner does not know, and to tell
 * exactly what is wrong with one. Throws {@link ListReplyError}.
 */
export function parseListPage(xml: string): ListReply {
  let root: XmlElement;
  try {
    root = parseXml(xml);
  } catch (error) {
    if (error instanceof XmlError) throw new ListReplyError(error.message);
    throw error;
  }
  if (root.name !== "ListBucketResult") throw new ListReplyError(`it is a <${root.name}>`);
  const encoding = childText(root, "EncodingType");
  const decode = (text: string) => decodeName(text, encoding === "url");
  return {
    objects: childrenOf(root, "Contents").map((entry) => objectOf(entry, decode)),
    prefixes: childrenOf(root, "CommonPrefixes").flatMap((entry) =>
      childrenOf(entry, "Prefix").map((prefix) => decode(prefix.text)),
    ),
    truncated: childText(root, "IsTruncated")?.trim() === "true",
    token: childText(root, "NextContinuationToken"),
  };
}

function objectOf(entry: XmlElement, decode: (text: string) => string): ObjectMeta {
  const key = childText(entry, "Key");
  const size = childText(entry, "Size")?.trim() ?? "";
  const date = childText(entry, "LastModified")?.trim() ?? "";
  // RFC 3339; Date.parse alone takes many other texts for dates.
  const lastModified = new Date(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(date) ? date : Number.NaN,
  );
  const etag = childText(entry, "ETag");
  const storageClass = childText(entry, "StorageClass")?.trim();
  if (key === undefined) throw new ListReplyError("an entry has no key");
  if (!/^\d{1,16}$/.test(size)) throw new ListReplyError("an entry has no size");
  if (Number.isNaN(lastModified.getTime())) throw new ListReplyError("an entry has no date");
  return {
    key: decode(key),
    size: Number(size),
    etag: unquoteEtag(etag?.trim() ?? ""),
    lastModified,
    storageClass: storageClass === undefined || storageClass === "" ? "STANDARD" : storageClass,
  };
}

function decodeName(text: string, encoded: boolean): string {
  if (!encoded) return text;
  const key = decodeListedKey(text);
  if (key === undefined) {
    throw new ListReplyError(
      `the key ${text.slice(0, 100)} is not UTF-8, so it cannot be used here`,
    );
  }
  return key;
}
