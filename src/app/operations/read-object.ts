import type { ByteRange } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { GetResult } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";

/** Opens one object for reading. The body must be consumed or ended. */
export async function readObject(
  app: AppContext,
  text: string,
  range?: ByteRange,
): Promise<GetResult> {
  const { store, key } = await app.stores.locate(locationOf(text, app.config.cwd));
  return store.get(key, { range, signal: app.signal });
}

/**
 * The range of `--offset` and `--length` in bytes; a negative offset counts from the end. Throws
 * `invalid-argument` for what can be no range.
 */
export function rangeOf(offset?: number, length?: number): ByteRange | undefined {
  if (length !== undefined && length < 1) {
    throw invalid("a length must be at least 1 byte");
  }
  if (offset === undefined) return length === undefined ? undefined : { start: 0, end: length };
  if (offset >= 0) {
    return length === undefined ? { start: offset } : { start: offset, end: offset + length };
  }
  if (length !== undefined)
    throw invalid("a negative offset already says how much: leave the length out");
  return { suffix: -offset };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
