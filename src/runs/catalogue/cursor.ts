import { LodeError } from "../../errors.js";

/** The last run of a page: what it is sorted by, and the key of its head. */
export type Position = readonly [value: number, headKey: string];

/** JSON has no infinities; texts of numbers do. */
export function writeCursor([value, headKey]: Position): string {
  return Buffer.from(JSON.stringify([String(value), headKey])).toString("base64url");
}

/** Throws `invalid-argument`. */
export function readCursor(cursor: string): Position {
  const position = parse(Buffer.from(cursor, "base64url").toString());
  if (Array.isArray(position) && position.length === 2) {
    const [value, headKey] = position as unknown[];
    const number = typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
    if (!Number.isNaN(number) && typeof headKey === "string") return [number, headKey];
  }
  throw invalid();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid(cause);
  }
}

function invalid(cause?: unknown): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: "this is no cursor: give the one that came with the page before",
    cause,
  });
}
