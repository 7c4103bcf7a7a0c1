import { encodePart } from "../../cas/index.js";
import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { RunFacts } from "../manifest/index.js";

type Value = (run: RunFacts) => unknown;

const PLACEHOLDERS: Readonly<Record<string, Value>> = {
  project: (run) => run.project,
  yyyy: (run) => run.createdAt.slice(0, 4),
  mm: (run) => run.createdAt.slice(5, 7),
  dd: (run) => run.createdAt.slice(8, 10),
  type: (run) => run.runType,
  status: (run) => run.status,
  model: (run) => run.model?.name,
  run: (run) => run.runId,
};

/** Placeholders that name an entry of a record: `{tag.region}`. */
const RECORDS = { tag: "tags", param: "params" } as const;

const MISSING = "none";
const MAX_FOLDER_BYTES = 200;

/** Of one part of the path: text that stands as it is, and values. */
type Piece = string | { readonly placeholder: string; readonly value: Value };

export interface Template {
  /** Its name as one part of a key; no two templates share one. */
  readonly folder: string;
  /** The parts of the run's path below it, encoded. */
  parts(run: RunFacts): string[];
}

/**
 * A view of the caller's own: parts with placeholders in braces. A part is encoded as a whole, so that no value leaves
 * its place; a missing value becomes `none`. Throws `invalid-argument`.
 */
export function parseTemplate(text: string): Template {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) {
    throw invalid(text, "it has a control character or half of a surrogate pair");
  }
  const parts = text.split("/").map((part) => parsePart(part, text));
  const folder = parts.map((pieces) => pieces.map(folderName).join("")).join(".");
  if (folder.length > MAX_FOLDER_BYTES) {
    throw invalid(
      text,
      `its name would have ${folder.length} bytes, and ${MAX_FOLDER_BYTES} are the most`,
    );
  }
  return {
    folder,
    parts: (run) =>
      parts.map((pieces) =>
        encodePart(
          pieces.map((piece) => (typeof piece === "string" ? piece : textOf(piece, run))).join(""),
        ),
      ),
  };
}

function parsePart(part: string, template: string): Piece[] {
  if (part === "" || part === "." || part === "..") {
    throw invalid(template, `one of its parts is ${JSON.stringify(part)}`);
  }
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of part.matchAll(/\{([^{}]*)\}/g)) {
    if (match.index > end) pieces.push(part.slice(end, match.index));
    const placeholder = match[1] ?? "";
    pieces.push({ placeholder, value: lookUp(placeholder, template) });
    end = match.index + match[0].length;
  }
  if (end < part.length) pieces.push(part.slice(end));
  if (pieces.some((piece) => typeof piece === "string" && /[{}]/.test(piece))) {
    throw invalid(template, `a brace in ${JSON.stringify(part)} has no partner`);
  }
  return pieces;
}

function lookUp(placeholder: string, template: string): Value {
  if (Object.hasOwn(PLACEHOLDERS, placeholder)) return PLACEHOLDERS[placeholder] as Value;
  const [, kind = "", name = ""] = /^(tag|param)\.(.+)$/s.exec(placeholder) ?? [];
  if (kind !== "tag" && kind !== "param") {
    const known = [...Object.keys(PLACEHOLDERS), "tag.NAME", "param.NAME"];
    throw invalid(
      template,
      `{${placeholder}} is none of ${known.map((one) => `{${one}}`).join(", ")}${didYouMean(placeholder, known)}`,
    );
  }
  return (run) => {
    const record: Readonly<Record<string, unknown>> = run[RECORDS[kind]];
    return Object.hasOwn(record, name) ? record[name] : undefined;
  };
}

function textOf({ value }: Exclude<Piece, string>, run: RunFacts): string {
  const found = value(run) ?? MISSING;
  return typeof found === "object" ? JSON.stringify(found) : String(found);
}

/** `_` stands around placeholders and `.` between parts; in text both are encoded, so that names differ as templates do. */
function folderName(piece: Piece): string {
  if (typeof piece === "string") return encoded(piece).replaceAll(".", "%2E");
  return `_${encoded(piece.placeholder)}_`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[_!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function invalid(template: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(template.slice(0, 200))} is no template of a view: ${why}`,
  });
}
