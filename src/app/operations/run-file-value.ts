import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { LodeError } from "../../errors.js";

/** What a file is taken to be. */
export const VALUE_KINDS = ["file", "table", "array", "json", "text", "tree"] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** What is not kept as it is, is read as a whole. */
const MAX_READ_BYTES = 512 * 1024 * 1024;

/**
 * A file or folder of the local disk as a value. Unless told, folders are trees, `.parquet` files tables, and all else
 * files of bytes. `treeCache` gives a folder for what was seen of trees. As `file` and `table` exactly the bytes of the file are stored; of the others the value in it.
 * Throws `not-found`, `invalid-argument`, `corrupt-format`.
 */
export async function fileValue(
  path: string,
  kind?: ValueKind | undefined,
  treeCache?: (() => Promise<string | undefined>) | undefined,
): Promise<unknown> {
  const { fileOf, parquetFile, treeOf } = await import("../../runs/index.js");
  const found = await statOf(path);
  if (found.isDirectory()) {
    if (kind === undefined || kind === "tree") return treeOf(path, { cache: await treeCache?.() });
    throw invalid(`${path} is a folder, which can only be a tree, no ${kind}`);
  }
  switch (kind ?? (extname(path) === ".parquet" ? "table" : "file")) {
    case "table":
      return parquetFile(path);
    case "json":
      return jsonOf(await textOf(path, found.size), path);
    case "text":
      return textOf(path, found.size);
    case "array":
      return arrayOf(await bytesOf(path, found.size));
    case "tree":
      throw invalid(`${path} is a file, and only folders are trees`);
    default:
      return fileOf(path);
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    throw new LodeError({
      code: "not-found",
      message: `there is no file and no folder ${path}`,
      uri: path,
      cause: error,
    });
  }
}

async function bytesOf(path: string, size: number): Promise<Uint8Array> {
  if (size <= MAX_READ_BYTES) return readFile(path);
  throw invalid(
    `${path} has ${size} bytes, more than the ${MAX_READ_BYTES} that are read as one value: store it as a file`,
  );
}

async function textOf(path: string, size: number): Promise<string> {
  const bytes = await bytesOf(path, size);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new LodeError({
      code: "corrupt-format",
      message: `${path} is not UTF-8: store it as a file`,
      uri: path,
      cause: error,
    });
  }
}

async function jsonOf(text: string, path: string): Promise<unknown> {
  const { parseJson } = await import("../../core/index.js");
  return parseJson(text, "JSON", path);
}

async function arrayOf(bytes: Uint8Array): Promise<unknown> {
  const { bytesReader, readNpy } = await import("../../formats/index.js");
  return readNpy(bytesReader(bytes));
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
