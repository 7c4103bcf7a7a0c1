import { LodeError } from "../errors.js";

declare const keyBrand: unique symbol;

/** The name of an object within a store: 1 to 1,024 bytes of UTF-8, compared byte by byte. */
export type ObjectKey = string & { readonly [keyBrand]: true };

/** S3's limit, the smallest among the providers: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export const MAX_KEY_BYTES = 1024;

/**
 * Checks what every provider requires. Backends refuse more (a file store has no `..`).
 * Throws `invalid-key`.
 */
export function objectKey(text: string): ObjectKey {
  if (text.length === 0) throw invalidKey(text, "it is empty; name an object");
  // Every UTF-16 unit makes at most 3 bytes, so most keys need no count.
  if (text.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(text) > MAX_KEY_BYTES) {
    throw invalidKey(text, `it has more than ${MAX_KEY_BYTES} bytes of UTF-8; shorten it`);
  }
  if (!isWellFormed(text)) throw invalidKey(text, "it has half of a surrogate pair");
  if (text.includes("\0")) throw invalidKey(text, "it has a NUL character");
  return text as ObjectKey;
}

/** The error for a key that a store cannot hold; `why` ends the sentence. */
export function invalidKey(key: string, why: string): LodeError {
  const shown = key.length > 80 ? `${key.slice(0, 77)}...` : key;
  return new LodeError({
    code: "invalid-key",
    message: `key ${JSON.stringify(shown)} cannot be used: ${why}`,
    details: { key },
  });
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** `String.prototype.isWellFormed`, which the compiler's library of this level lacks. */
function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/**
 * Order of two keys by their UTF-8 bytes, the order in which S3 lists. JavaScript's own order is by
 * UTF-16 unit and differs above U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    const ySurrogate = y >= 0xd800 && y <= 0xdfff;
    if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}
