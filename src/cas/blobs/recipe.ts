import { crc32c, JsonFields, parseJson } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { type BlobId, isBlobId, isPackId } from "../keys.js";
import { MAX_CHUNK_BYTES } from "../packs/index.js";

/** Chunks that lie in a row in a pack: `[number in packs, first entry, entries, plain bytes of all]`. */
export type RecipeRun = readonly [pack: number, first: number, entries: number, bytes: number];

/** Of what chunks a blob consists, in order. Format: docs/formats/packs.md. */
export interface Recipe {
  readonly blob: BlobId;
  /** In bytes. */
  readonly size: number;
  readonly format: string;
  readonly packs: readonly string[];
  readonly runs: readonly RecipeRun[];
  /** Blobs that this one needs. Its root tells them, so that it is never there without them. */
  readonly links: readonly BlobId[];
  /** All of the blob, where it has no chunks. */
  readonly bytes?: Uint8Array | undefined;
}

const VERSION = 1;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const FORMAT = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,31}$/;

/** Whether this can be the ending of a blob's name. */
export function isFormat(text: string): boolean {
  return FORMAT.test(text);
}

/** `recipe.json`: the fields of a recipe, a run or link on each line, and a checksum over them. */
export function encodeRecipe(recipe: Recipe): string {
  const { blob, size, format, packs, runs, links, bytes } = recipe;
  const lines = (items: readonly unknown[]) =>
    items.length === 0
      ? "[]"
      : `[\n    ${items.map((i) => JSON.stringify(i)).join(",\n    ")}\n  ]`;
  const fields = [
    `"version": ${VERSION}`,
    `"blob": ${JSON.stringify(blob)}`,
    `"size": ${size}`,
    `"format": ${JSON.stringify(format)}`,
    `"packs": ${lines(packs)}`,
    `"runs": ${lines(runs)}`,
    `"links": ${lines(links)}`,
    ...(bytes === undefined ? [] : [`"bytes": "${base64(bytes)}"`]),
    `"crc32c": "${checksum(recipe)}"`,
  ];
  return `{\n  ${fields.join(",\n  ")}\n}\n`;
}

/**
 * Throws `corrupt-format` for what is no recipe of this blob, contradicts itself or does not match its checksum: what
 * passes can be followed without further checks, but for what its packs say.
 */
export function parseRecipe(text: string, blob: BlobId, uri: string): Recipe {
  const what = "recipe of a blob";
  const fields = new JsonFields(parseJson(text, what, uri), { what, uri, path: "" });
  const wrong = (why: string) =>
    new LodeError({ code: "corrupt-format", message: `${uri} is no ${what}: ${why}`, uri });
  if (fields.integer("version") !== VERSION) throw fields.wrong("version", String(VERSION));
  if (fields.text("blob") !== blob || !isBlobId(blob)) throw fields.wrong("blob", blob);
  const format = fields.text("format");
  if (!isFormat(format)) throw fields.wrong("format", "the ending of a name");
  const packs = fields.list("packs");
  if (!packs.every(isPackId)) throw fields.wrong("packs", "a list of packs");
  const size = fields.integer("size");
  const links = fields.list("links");
  if (!links.every(isBlobId)) throw fields.wrong("links", "a list of blobs");
  const runs = fields.list("runs") as readonly RecipeRun[];
  const bytes = fields.has("bytes") ? inlineBytes(fields) : undefined;
  let total = bytes?.length ?? 0;
  for (const [number, run] of runs.entries()) {
    if (!isRun(run, packs.length)) throw wrong(`run ${number} cannot be`);
    total += run[3];
  }
  if (total !== size) throw wrong(`it has ${total} bytes where it tells of ${size}`);
  if (bytes !== undefined && runs.length > 0) throw wrong("it has bytes and chunks too");
  const recipe = { blob, size, format, packs, runs, links, bytes };
  if (fields.text("crc32c") !== checksum(recipe)) throw wrong("its checksum does not match");
  return recipe;
}

function inlineBytes(fields: JsonFields): Uint8Array {
  const text = fields.text("bytes");
  if (!BASE64.test(text)) throw fields.wrong("bytes", "base64");
  return Buffer.from(text, "base64");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function isRun(run: unknown, packs: number): run is RecipeRun {
  if (!Array.isArray(run) || run.length !== 4) return false;
  if (!run.every((number) => Number.isSafeInteger(number) && number >= 0)) return false;
  const [pack, first, entries, bytes] = run as unknown as RecipeRun;
  if (pack >= packs || entries < 1 || first + entries > 2 ** 32) return false;
  return bytes >= entries && bytes <= entries * MAX_CHUNK_BYTES;
}

/** CRC-32C in 8 hex digits of the compact JSON of all fields in order, without their names. */
function checksum({ blob, size, format, packs, runs, links, bytes }: Recipe): string {
  const inline = bytes === undefined ? [] : [base64(bytes)];
  const text = JSON.stringify([VERSION, blob, size, format, packs, runs, links, ...inline]);
  return crc32c(Buffer.from(text, "utf8")).toString(16).padStart(8, "0");
}
