import { LodeError } from "../../errors.js";
import { LONE_SURROGATE } from "../../formats/index.js";
import type { BufferedHash } from "./buffered-hash.js";

/** Characters of text that are encoded at once: for short texts a call for each takes ten times as long. */
const JOINED_CHARACTERS = 64 * 1024;

/**
 * Hashes texts as UTF-8, or bytes, one behind the other; the length in bytes of each, 0 for nulls. Throws
 * `invalid-argument` for half of a surrogate pair.
 */
export function hashPieces(
  pieces: readonly (string | Uint8Array)[],
  length: number,
  valid: Uint8Array | undefined,
  hash: BufferedHash,
  where: string,
): Uint32Array {
  const lengths = new Uint32Array(length);
  let joined = "";
  let from = 0;
  const flush = (to: number) => {
    const bytes = Buffer.from(joined, "utf8");
    hash.update(bytes);
    const plain = bytes.length === joined.length;
    for (let row = from; row < to; row++) {
      const text = pieces[row];
      if (valid?.[row] === 0 || typeof text !== "string") continue;
      if (!plain && LONE_SURROGATE.test(text)) throw halfPair(where);
      lengths[row] = plain ? text.length : Buffer.byteLength(text);
    }
    joined = "";
    from = to;
  };
  for (let row = 0; row < length; row++) {
    if (valid?.[row] === 0) continue;
    const piece = pieces[row] as string | Uint8Array;
    if (typeof piece === "string") {
      joined += piece;
      if (joined.length >= JOINED_CHARACTERS) flush(row + 1);
    } else {
      hash.update(piece);
      lengths[row] = piece.length;
    }
  }
  flush(length);
  return lengths;
}

function halfPair(where: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the column ${where} has text with half of a surrogate pair, which UTF-8 has no bytes for`,
  });
}
