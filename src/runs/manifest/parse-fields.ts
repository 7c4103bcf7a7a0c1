import { isBlobId } from "../../cas/index.js";
import type { JsonFields } from "../../core/index.js";
import { isTimeStamp } from "./time-stamp.js";

/** What a known field of an open object must be, where it is there. */
type Kind = "text" | "flag" | "blob" | "texts";

const EXPECTED: Readonly<Record<Kind, string>> = {
  text: "a text",
  flag: "true or false",
  blob: "a SHA-256 in 64 lower hex digits",
  texts: "texts by name",
};

/** Null where it is missing or null. Throws `corrupt-format` for what is no time. */
export function optionalTime(fields: JsonFields, name: string): string | null {
  const text = fields.optionalText(name);
  if (text === null || isTimeStamp(text)) return text;
  throw fields.wrong(name, "a time of ISO 8601 in UTC");
}

/** Each entry of an object, taken by `take`, which throws for what it does not know. */
export function records<T>(
  fields: JsonFields,
  name: string,
  take: (value: unknown, inner: JsonFields, key: string) => T,
): Record<string, T> {
  const inner = fields.object(name);
  return Object.fromEntries(inner.entries().map(([key, value]) => [key, take(value, inner, key)]));
}

export function texts(fields: JsonFields, name: string): Record<string, string> {
  return records(fields, name, (_, inner, key) => inner.text(key));
}

/** An object of which some fields are known and the others kept; null where it is missing or null. */
export function openObject(
  fields: JsonFields,
  name: string,
  known: Readonly<Record<string, Kind>>,
): Record<string, unknown> | null {
  if (!fields.has(name)) return null;
  const inner = fields.object(name);
  for (const [key, kind] of Object.entries(known)) {
    if (inner.has(key) && !isKind(inner.value(key), kind)) throw inner.wrong(key, EXPECTED[kind]);
  }
  return Object.fromEntries(inner.entries());
}

function isKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "blob":
      return isBlobId(value);
    case "texts":
      return (
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((item) => typeof item === "string")
      );
  }
}
