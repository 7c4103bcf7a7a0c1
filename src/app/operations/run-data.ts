import { type BlobId, blobFolder, isBlobId } from "../../cas/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { DataReference, Run, RunStore } from "../../runs/index.js";

/** Fewer digits could be anything. */
const SHORT_ID = /^[0-9a-f]{8,63}$/;
export const DIGEST = /^[a-z0-9]+(-[a-z0-9]+)*:[0-9a-f]{64}$/;

/**
 * The data that a user names: a blob's id or 8 digits of it, a digest, `RUN:NAME` for an output or an input of a run
 * (`RUN:inputs.NAME` where both have the name), or the name under which it was stored, of which the newest is taken.
 * Throws `not-found`, and `invalid-argument` for what can mean several.
 */
export async function chosenData(
  runs: RunStore,
  text: string,
  signal: AbortSignal,
): Promise<DataReference> {
  if (isBlobId(text)) return referenceOf(runs, text, signal);
  if (DIGEST.test(text)) {
    const blob = (await runs.blobs.findDigest(text, { signal }))?.id;
    if (blob === undefined) throw missing(runs, text);
    return referenceOf(runs, blob, signal);
  }
  const named = await runs.listData(text, { signal });
  const newest = named.at(-1);
  if (newest !== undefined) return newest;
  const short = SHORT_ID.test(text) ? await blobsLike(runs, text, signal) : [];
  if (short.length > 1) {
    throw invalid(`${text} can be ${short.length} blobs: give more digits`);
  }
  if (short[0] !== undefined) return referenceOf(runs, short[0], signal);
  const ofRun = await dataOfRun(runs, text, signal);
  if (ofRun !== undefined) return ofRun;
  throw missing(runs, text);
}

/** What is known of a blob, as a reference. Throws `not-found`. */
async function referenceOf(
  runs: RunStore,
  id: BlobId,
  signal: AbortSignal,
): Promise<DataReference> {
  const facts = await runs.blobs.find(id, { signal });
  if (facts === undefined) throw missing(runs, id);
  const told = await runs.blobs.metadata(id, { signal });
  const { name, type, digest, shape, columns, dtype, metadata } = told;
  const { size, format, layout, key } = facts;
  return {
    ...{ name, hash: id, type, format, layout, key, size },
    ...{ digest, shape, columns, dtype, metadata, createdAt: told.created_at },
  };
}

async function blobsLike(runs: RunStore, digits: string, signal: AbortSignal): Promise<BlobId[]> {
  const parent = `data/${digits.slice(0, 2)}/`;
  const ids = new Set<BlobId>();
  for await (const { key } of runs.store.list({ prefix: `${parent}${digits}`, signal })) {
    const id = key.slice(parent.length, parent.length + 64);
    if (isBlobId(id) && key.startsWith(blobFolder(id))) ids.add(id);
    if (ids.size > 1) break;
  }
  return [...ids];
}

/** Both ids and names may have colons: the first one that ends the id of a run decides. */
async function dataOfRun(
  runs: RunStore,
  text: string,
  signal: AbortSignal,
): Promise<DataReference | undefined> {
  for (let at = text.indexOf(":", 1); at > 0; at = text.indexOf(":", at + 1)) {
    const run = await runOrNone(runs, text.slice(0, at), signal);
    if (run !== undefined) return dataNamed(run, text.slice(at + 1));
  }
  return undefined;
}

async function runOrNone(
  runs: RunStore,
  id: string,
  signal: AbortSignal,
): Promise<Run | undefined> {
  try {
    return await runs.getRun(id, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found", "invalid-argument")) return undefined;
    throw error;
  }
}

function dataNamed(run: Run, text: string): DataReference {
  const role = /^(inputs|outputs)\.(.+)$/s.exec(text);
  const found = [
    own(run.outputs, text),
    own(run.inputs, text),
    role === null ? undefined : own(run[role[1] as "inputs" | "outputs"], role[2] as string),
  ].filter((reference) => reference !== undefined);
  const [first] = found;
  if (first === undefined) {
    const names = [...Object.keys(run.outputs), ...Object.keys(run.inputs)];
    throw new LodeError({
      code: "not-found",
      message: `run ${JSON.stringify(run.id)} has no data ${JSON.stringify(text)}; it has ${names.map((name) => JSON.stringify(name)).join(", ") || "none at all"}`,
    });
  }
  if (found.some(({ hash }) => hash !== first.hash)) {
    throw invalid(
      `run ${JSON.stringify(run.id)} has an input and an output of the name ${JSON.stringify(text)}: write inputs.${text} or outputs.${text}`,
    );
  }
  return first;
}

function own(
  references: Readonly<Record<string, DataReference>>,
  name: string,
): DataReference | undefined {
  return Object.hasOwn(references, name) ? references[name] : undefined;
}

function missing({ uri }: RunStore, text: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `${uri} has no data ${JSON.stringify(text)}: give a blob, a digest, RUN:NAME, or the name that it was stored under`,
    uri,
  });
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
