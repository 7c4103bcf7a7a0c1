import { createHash } from "node:crypto";
import { abortable } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { canonicalJson, LONE_SURROGATE } from "../../formats/index.js";
import { blobDigest, type Digest } from "../keys.js";

/** Scheme `json-jcs-v1`: SHA-256 of the canonical text (RFC 8785). Throws `invalid-argument` as `canonicalJson`. */
export function jsonDigest(value: unknown): Digest {
  return digestOf("json-jcs-v1", canonicalJson(value));
}

/** Scheme `text-v1`: SHA-256 of the UTF-8, not normalised. Throws `invalid-argument` for half of a surrogate pair. */
export function textDigest(text: string): Digest {
  if (!LONE_SURROGATE.test(text)) return digestOf("text-v1", text);
  throw new LodeError({
    code: "invalid-argument",
    message: "the text has half of a surrogate pair, which UTF-8 has no bytes for",
  });
}

/** Scheme `bytes-v1`: SHA-256 of the bytes themselves. */
export async function bytesDigest(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Digest> {
  return blobDigest((await sha256Of(bytes, signal)).hex);
}

/** Hex digits of the SHA-256 of bytes, and how many they are. */
export async function sha256Of(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ hex: string; size: number }> {
  const hash = createHash("sha256");
  if (bytes instanceof Uint8Array) {
    return { hex: hash.update(bytes).digest("hex"), size: bytes.length };
  }
  let size = 0;
  for await (const chunk of abortable(bytes, signal, "digest bytes")) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { hex: hash.digest("hex"), size };
}

/** A digest whose SHA-256 is that of a text. */
export function digestOf(scheme: string, text: string): Digest {
  return `${scheme}:${createHash("sha256").update(text, "utf8").digest("hex")}`;
}
