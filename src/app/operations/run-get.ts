import { stat } from "node:fs/promises";
import { encodePart } from "../../cas/index.js";
import { LodeError } from "../../errors.js";
import type { Table } from "../../formats/index.js";
import type { DataReference, RestoredTree, RunStore, Tree } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { localPath } from "./local-path.js";
import { chosenData } from "./run-data.js";
import { withRuns } from "./run-place.js";
import { writeStream } from "./write-stream.js";

export interface GetDataOptions {
  /** One file of a folder; of a folder into a folder also globs and folders. */
  readonly paths?: readonly string[] | undefined;
  /** These columns of a table, as a Parquet file of its own. */
  readonly columns?: readonly string[] | undefined;
  /** Rows of a table as JSON lines. */
  readonly rows?: boolean | undefined;
  readonly replace?: boolean | undefined;
  /** Bytes that were written, of how many. */
  readonly onProgress?: ((bytes: number, totalBytes: number | undefined) => void) | undefined;
}

export interface GotData {
  readonly reference: DataReference;
  /** The file, object or folder. */
  readonly target: string;
  readonly bytes: number;
  /** Of a folder. */
  readonly tree?: RestoredTree | undefined;
}

/** Writes data into a file, an object of any store, or, what was a folder, into a folder of the local disk. */
export function getData(
  app: AppContext,
  place: string | undefined,
  text: string,
  target: string,
  options: GetDataOptions,
): Promise<GotData> {
  return withRuns(app, place, async (runs) => {
    const reference = await chosenData(runs, text, app.signal);
    if (reference.type === "tree") {
      const tree = (await runs.load(reference, { signal: app.signal })) as Tree;
      const [path, ...more] = options.paths ?? [];
      const isFile = path !== undefined && tree.find(path)?.kind === "file";
      if (!isFile || more.length > 0) {
        return { reference, ...(await restore(app, tree, target, options)) };
      }
    }
    const name = options.paths?.[0]?.split("/").at(-1) ?? fileNameOf(reference, options);
    const into = (await isFolder(app, target)) ? target.replace(/\/?$/, "/") : undefined;
    const file = into === undefined ? target : `${into}${name}`;
    const body = counted(
      bodyOf(app, runs, reference, options),
      options,
      sizeOf(reference, options),
    );
    const mode = options.replace === true ? "overwrite" : "create";
    const written = await writeStream(app, file, body, { mode });
    return { reference, target: file, bytes: written.size };
  });
}

/** Gives the bytes of data piece by piece; a piece is valid until the call ends. */
export function readData(
  app: AppContext,
  place: string | undefined,
  text: string,
  options: GetDataOptions,
  write: (bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  return withRuns(app, place, async (runs) => {
    const reference = await chosenData(runs, text, app.signal);
    if (reference.type === "tree" && options.paths?.length !== 1) {
      throw invalid(`${text} is a folder: say into which folder it is to go, or which file of it`);
    }
    for await (const bytes of bodyOf(app, runs, reference, options)) {
      if (!(await write(bytes))) return;
    }
  });
}

async function restore(
  app: AppContext,
  tree: Tree,
  target: string,
  { paths, replace, onProgress }: GetDataOptions,
): Promise<Pick<GotData, "target" | "bytes" | "tree">> {
  const { signal } = app;
  const total = paths === undefined ? tree.size : undefined;
  const path = localPath(app, target.replace(/(?<=.)\/+$/, ""));
  const restored = await tree.restore(path, {
    include: paths,
    overwrite: replace,
    sync: app.config.get("file.sync"),
    signal,
    onProgress: ({ bytes }) => onProgress?.(bytes, total),
  });
  return { target, bytes: restored.bytes, tree: restored };
}

async function* bodyOf(
  { signal }: AppContext,
  runs: RunStore,
  reference: DataReference,
  { paths, columns, rows = false }: GetDataOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const isInPlace = reference.more?.in_place === true;
  if (paths !== undefined) {
    if (reference.type !== "tree") throw notThat(reference, "folder", "files of it");
    const [path = ""] = paths;
    yield* ((await runs.load(reference, { signal })) as Tree).stream(path, { signal });
  } else if (columns !== undefined || rows) {
    if (reference.format !== "parquet") throw notThat(reference, "table", "columns and rows");
    if (isInPlace) {
      throw new LodeError({
        code: "unsupported",
        message: `${JSON.stringify(reference.name)} is where mltrack wrote it, which is read as a whole only: leave out --columns and --rows, or carry it over by lode run migrate`,
      });
    }
    const { loadTable } = await import("../../runs/index.js");
    const table = await loadTable(runs.blobs, reference, { columns, signal });
    yield* rows ? rowLines(table, signal) : parquetOf(table, signal);
  } else if (isInPlace) {
    // Its hash is not that of its bytes: the value is what can be proved.
    await runs.load(reference, { signal });
    yield* (await runs.store.get(reference.key, { signal })).body;
  } else {
    yield* runs.stream(reference, { signal });
  }
}

async function* parquetOf(table: Table, signal: AbortSignal) {
  const { tableParquetChunks } = await import("../../formats/index.js");
  yield* tableParquetChunks(table, { signal });
}

/** Numbers that JSON cannot hold exactly become texts, and so do times and bytes (hex). */
async function* rowLines(table: Table, signal: AbortSignal) {
  const { tableBatches, tableRecords } = await import("../../formats/index.js");
  for await (const batch of tableBatches(table, signal)) {
    const records = await tableRecords({ ...table, batches: [batch] }, { signal });
    yield Buffer.from(records.map((record) => `${JSON.stringify(record, asJson)}\n`).join(""));
  }
}

function asJson(_: string, value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

async function* counted(
  body: AsyncIterable<Uint8Array>,
  { onProgress }: GetDataOptions,
  total: number | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of body) {
    yield chunk;
    bytes += chunk.length;
    onProgress?.(bytes, total);
  }
}

function sizeOf({ size }: DataReference, options: GetDataOptions): number | undefined {
  const { paths, columns, rows } = options;
  return paths === undefined && columns === undefined && rows !== true ? size : undefined;
}

function fileNameOf({ name, format }: DataReference, { rows }: GetDataOptions): string {
  const ending = rows === true ? "jsonl" : format;
  const safe = encodePart(name);
  return safe.endsWith(`.${ending}`) ? safe : `${safe}.${ending}`;
}

async function isFolder(app: AppContext, target: string): Promise<boolean> {
  if (target.endsWith("/")) return true;
  if (target.includes("://")) return false;
  try {
    return (await stat(localPath(app, target))).isDirectory();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}

function notThat({ name, type }: DataReference, what: string, part: string): LodeError {
  return invalid(`${JSON.stringify(name)} is of type ${type}, and only a ${what} has ${part}`);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
