import { basename } from "node:path";
import { blobDigest, type PutProgress } from "../../cas/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { DataReference, NewRun, Run, RunStore } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { usableStateFolder } from "../state-folder.js";
import { localPath } from "./local-path.js";
import { fileValue, type ValueKind } from "./run-file-value.js";
import { withRuns } from "./run-place.js";

/** What is to be stored: a file or a folder of the local disk, or bytes as they come. */
export type DataSource = string | AsyncIterable<Uint8Array>;

export interface PutDataOptions {
  /** Of the only source; default: the name of the file or folder. */
  readonly name?: string | undefined;
  readonly kind?: ValueKind | undefined;
  /** The caller's own facts. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Read all files of folders, also those that have not changed since they were stored last. */
  readonly rehash?: boolean | undefined;
  /** Give it to this run; else the name keeps it. */
  readonly run?: RunOfData | undefined;
  readonly onProgress?: ((name: string, progress: PutProgress) => void) | undefined;
  /** Of several sources, each that is stored; a run has it when all are. */
  readonly onStored?: ((data: PutData) => void) | undefined;
}

export interface RunOfData {
  readonly id: string;
  readonly role: "input" | "output";
  /** What the run is made with if there is none of this id; else that is `not-found`. */
  readonly create?: Omit<NewRun, "runId"> | undefined;
  /** Take the place of other data of the same name. */
  readonly replace?: boolean | undefined;
  /** The run is finished by it. */
  readonly finish?: boolean | undefined;
}

export interface PutData {
  readonly reference: DataReference;
  /** Of a folder those of its files, and of the list of them where it is new. */
  readonly bytes: number;
  /** Of `bytes`, those that were in the store before. */
  readonly reusedBytes: number;
  /** What was written, compressed. */
  readonly storedBytes: number;
}

export interface PutDataResult {
  readonly data: readonly PutData[];
  /** The run's revision that tells of it. */
  readonly revision?: number | undefined;
}

/** Stores files and folders as values, kept by their names or by a run, which is saved once for all of them. */
export function putData(
  app: AppContext,
  place: string | undefined,
  sources: readonly DataSource[],
  options: PutDataOptions,
): Promise<PutDataResult> {
  const { name, run: given } = options;
  if (name !== undefined && sources.length !== 1) {
    throw invalid(`${sources.length} things cannot all have the name ${JSON.stringify(name)}`);
  }
  return withRuns(app, place, async (runs) => {
    const { signal } = app;
    const run = given === undefined ? undefined : await runFor(runs, given, signal);
    const data: PutData[] = [];
    for (const source of sources) {
      const stored = await putOne(app, runs, run, source, options);
      data.push(stored);
      options.onStored?.(stored);
    }
    if (run === undefined) return { data };
    if (given?.finish === true) run.finish();
    return { data, revision: (await runs.saveManifest(run, { signal })).revision };
  });
}

async function runFor(
  runs: RunStore,
  { id, create }: RunOfData,
  signal: AbortSignal,
): Promise<Run> {
  try {
    return await runs.getRun(id, { signal });
  } catch (error) {
    if (create === undefined || !isLodeError(error, "not-found")) throw error;
    return runs.createRun({ ...create, runId: id, signal });
  }
}

async function putOne(
  app: AppContext,
  runs: RunStore,
  run: Run | undefined,
  source: DataSource,
  { name: given, kind, metadata, rehash, run: target, onProgress }: PutDataOptions,
): Promise<PutData> {
  const { signal } = app;
  const name = given ?? nameOf(source);
  let last: PutProgress = { bytes: 0, storedBytes: 0, reusedBytes: 0 };
  const tell = (progress: PutProgress) => {
    last = progress;
    onProgress?.(name, progress);
  };
  const keep = (value: unknown) => {
    const options = { metadata, signal, onProgress: tell };
    if (run === undefined || target === undefined) return runs.storeData(value, name, options);
    const add = target.role === "input" ? "addRunInput" : "addRunOutput";
    return runs[add](run, name, value, { ...options, replace: target.replace });
  };
  const treeCache = rehash ? undefined : () => usableStateFolder(app, "trees");
  const reference =
    typeof source === "string"
      ? await keep(
          await fileValue(localPath(app, source.replace(/(?<=.)\/+$/, "")), kind, treeCache),
        )
      : await keepStream(runs, source, name, { kind, signal, onProgress: tell }, keep);
  return { reference, ...last };
}

/** Stores a stream without a copy of it on the disk, then what became of it. */
async function keepStream(
  runs: RunStore,
  source: AsyncIterable<Uint8Array>,
  name: string,
  options: {
    readonly kind: ValueKind | undefined;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: PutProgress) => void;
  },
  keep: (value: unknown) => Promise<DataReference>,
): Promise<DataReference> {
  const { kind = "file", signal, onProgress } = options;
  if (kind !== "file") {
    throw invalid(
      `a stream is stored as a file of bytes, not as ${kind}: write it to a file first`,
    );
  }
  await using session = await runs.blobs.session({ signal });
  const what = { type: "file", format: endingOf(name) };
  const stored = await session.put(source, { name, ...what }, { onProgress });
  const { id, size, layout, key } = stored;
  const digest = blobDigest(id);
  const createdAt = new Date().toISOString();
  // Held by the session until the store holds it too.
  return await keep({ name, hash: id, ...what, layout, key, size, digest, createdAt });
}

function nameOf(source: DataSource): string {
  if (typeof source !== "string") throw invalid("bytes that come as a stream need a name");
  const name = basename(source);
  if (name !== "" && name !== "." && name !== "..") return name;
  throw invalid(`${JSON.stringify(source)} gives no name: say one`);
}

function endingOf(name: string): string {
  return /\.([a-z0-9]{1,16})$/.exec(name)?.[1] ?? "bin";
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
