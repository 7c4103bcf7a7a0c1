import { JsonFields, parseJson, refuseProto } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { BlobDescription, BlobLayout, BlobMetadata } from "../blob.js";
import type { BlobId } from "../keys.js";

/** The metadata of a blob that is stored now. */
export function describeBlob(
  description: BlobDescription,
  blob: { id: BlobId; size: number; layout: BlobLayout },
  now: number,
): BlobMetadata {
  const { name, type, format, shape, columns, dtype, digest, metadata } = description;
  const { id, size, layout } = blob;
  const created_at = new Date(now).toISOString();
  return {
    name,
    hash: id,
    type,
    created_at,
    shape,
    columns,
    dtype,
    size,
    format,
    layout,
    digest,
    metadata,
  };
}

/** `metadata.json`. Throws `invalid-argument` for metadata of the caller's that JSON cannot hold. */
export function encodeMetadata(metadata: BlobMetadata): string {
  try {
    return `${JSON.stringify(metadata, refuseProto, 2)}\n`;
  } catch (cause) {
    throw new LodeError({
      code: "invalid-argument",
      message: `the metadata of ${JSON.stringify(metadata.name)} cannot be written as JSON: ${String((cause as Error).message).replace(/\s+/g, " ")}`,
      cause,
    });
  }
}

/** Throws `corrupt-format`. Objects of older programs, which tell less, are read too. */
export function parseMetadata(text: string, uri: string): BlobMetadata {
  const what = "metadata of a blob";
  const fields = new JsonFields(parseJson(text, what, uri), { what, uri, path: "" });
  const layout = fields.optionalText("layout") ?? "whole";
  if (layout !== "whole" && layout !== "chunked") throw fields.wrong("layout", "whole or chunked");
  const optional = <T>(name: string, is: (value: unknown) => value is T, what: string) => {
    if (!fields.has(name)) return undefined;
    const value = fields.value(name);
    if (is(value)) return value;
    throw fields.wrong(name, what);
  };
  return {
    name: fields.text("name"),
    hash: fields.text("hash"),
    type: fields.text("type"),
    created_at: fields.text("created_at"),
    shape: optional("shape", isShape, "a list of numbers"),
    columns: optional("columns", isTexts, "a list of texts"),
    dtype: optional("dtype", isDtype, "a text or one for each column"),
    size: fields.has("size") ? fields.integer("size") : 0,
    format: fields.optionalText("format") ?? "bin",
    layout,
    digest: fields.optionalText("digest") ?? undefined,
    metadata: optional("metadata", isRecord, "an object"),
  };
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isDtype(value: unknown): value is string | Record<string, string> {
  return typeof value === "string" || (isRecord(value) && isTexts(Object.values(value)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
