import type { ByteRange } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { GetResult } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { noMatch, resolveSource } from "./resolve-source.js";
import { selectedObjects } from "./selected-objects.js";

/**
 * Opens what a place names for reading, one object after the other: the object of that name, or what
 * a glob matches. Each body must be consumed or ended before the next one is asked for.
 */
export async function* readObjects(
  app: AppContext,
  text: string,
  options: { readonly range?: ByteRange | undefined; readonly literal?: boolean | undefined } = {},
): AsyncGenerator<GetResult, void, undefined> {
  const { range, literal } = options;
  const { signal } = app;
  for (const source of await resolveSource(app, text, { literal, trusting: true })) {
    if (source.kind === "object") {
      yield await source.store.get(source.key, { range, signal });
      continue;
    }
    let any = false;
    for await (const objects of selectedObjects(source, signal)) {
      for (const { key } of objects) {
        any = true;
        yield await source.store.get(key, { range, signal });
      }
    }
    if (!any) throw noMatch(text);
  }
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
