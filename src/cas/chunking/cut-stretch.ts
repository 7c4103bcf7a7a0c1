import type { Find } from "./gear-memory.js";
import { MAX_CHUNK, SKIPPED } from "./parameters.js";

/** New bytes of a stream, in a row in its memory. */
export interface Stretch {
  readonly from: number;
  readonly end: number;
  /** The number of the part with which it begins, counted from 0. */
  readonly part: number;
  /** Where parts end. */
  readonly ends: readonly number[];
}

/** How far the cutting of a stream has come. */
export interface CutState {
  /** Where the open chunk begins, and where the bytes end. */
  start: number;
  end: number;
  /** How many bytes of the open chunk have been looked through by the same `find`. */
  scanned: number;
}

/** The chunks that end in a stretch. */
export interface Cuts {
  /** Where each chunk begins in the memory, and where it ends: two numbers for each. */
  readonly bounds: readonly number[];
  readonly parts: readonly number[];
  /** SHA-256 of each, 64 hex digits. */
  readonly hashes: readonly string[];
}

export interface CutTools {
  readonly find: Find;
  readonly sha256: (algorithm: "sha256", bytes: Uint8Array, encoding: "hex") => string;
  /** {@link SKIPPED} and {@link MAX_CHUNK}. */
  readonly skipped: number;
  readonly maxChunk: number;
}

export const PARAMETERS = { skipped: SKIPPED, maxChunk: MAX_CHUNK };

/**
 * Cuts the next bytes of a stream. The open chunk is carried in front of them, so that each chunk is in one piece. Its text is
 * sent to a thread: it may use nothing but what it is given.
 */
export function cutStretch(
  { find, sha256, skipped, maxChunk }: CutTools,
  memory: Uint8Array,
  state: CutState,
  { from, end, part, ends }: Stretch,
): Cuts {
  const bounds: number[] = [];
  const parts: number[] = [];
  const hashes: string[] = [];
  const carried = from - (state.end - state.start);
  memory.copyWithin(carried, state.start, state.end);
  state.start = carried;
  for (let i = 0; i <= ends.length; i++) {
    const isLast = i < ends.length;
    const partEnd = isLast ? ends[i]! : end;
    for (;;) {
      const { start } = state;
      const limit = Math.min(partEnd, start + maxChunk);
      const at = start + Math.max(state.scanned, skipped);
      let cut = 0;
      if (at < limit) {
        cut = find(at, limit, state.scanned === 0 ? 0 : 1);
        state.scanned = limit - start;
      }
      if (cut === 0 && (limit - start === maxChunk || (isLast && start < limit))) cut = limit;
      if (cut === 0) break;
      bounds.push(start, cut);
      parts.push(part + i);
      hashes.push(sha256("sha256", memory.subarray(start, cut), "hex"));
      state.start = cut;
      state.scanned = 0;
    }
  }
  state.end = end;
  return { bounds, parts, hashes };
}
