import type { JsonFields } from "../../../core/index.js";
import type { LegacyReference } from "./legacy-run.js";
import { utcTime } from "./naive-time.js";

/** Shape, columns and dtype, which references and `metadata.json` tell alike. Throws `corrupt-format`. */
export function dataFacts(
  fields: JsonFields,
): Pick<LegacyReference, "shape" | "columns" | "dtype"> {
  return { shape: shapeOf(fields), columns: columnsOf(fields), dtype: dtypeOf(fields) };
}

/** A time where one is told. Throws `corrupt-format` for what is none. */
export function optionalTime(fields: JsonFields, name: string): string | null {
  const text = fields.optionalText(name);
  if (text === null) return null;
  const time = utcTime(text);
  if (time === undefined) throw fields.wrong(name, "a time");
  return time;
}

function shapeOf(fields: JsonFields): readonly number[] | null {
  if (!fields.has("shape")) return null;
  const shape = fields.list("shape");
  if (shape.every((length) => Number.isSafeInteger(length) && (length as number) >= 0)) {
    return shape as readonly number[];
  }
  throw fields.wrong("shape", "a list of lengths");
}

function columnsOf(fields: JsonFields): readonly string[] | null {
  if (!fields.has("columns")) return null;
  return fields
    .list("columns")
    .map((name) => (typeof name === "string" ? name : JSON.stringify(name)));
}

function dtypeOf(fields: JsonFields): LegacyReference["dtype"] {
  if (!fields.has("dtype")) return null;
  const value = fields.value("dtype");
  if (typeof value === "string") return value;
  return Object.fromEntries(
    fields
      .object("dtype")
      .entries()
      .map(([name, type]) => [name, String(type)]),
  );
}
