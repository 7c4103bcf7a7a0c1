import { LodeError } from "../../errors.js";

/** Names of users in messages, cut to a length that fits a line. */
export function quotedName(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

export function invalidTable(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the data cannot be a table: ${why}`,
    cause,
  });
}

export function unsupportedTable(why: string): LodeError {
  return new LodeError({ code: "unsupported", message: `the table cannot be read: ${why}` });
}
