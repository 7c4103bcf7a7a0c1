import { createHash } from "node:crypto";
import type { Clock } from "../../core/index.js";
import { isLodeError, LodeError, throwIfAborted } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import type { BlobDescription, BlobLayout, BlobSource, StoredBlob } from "../blob.js";
import { hashedChunks, hashedParts } from "../chunking/index.js";
import { type BlobId, dataKey, recipeKey } from "../keys.js";
import type { ChunkSink } from "../packs/index.js";
import { putNotesAfter, putNotesBefore } from "./blob-notes.js";
import { checkDescription } from "./check-description.js";
import { createJson } from "./create-json.js";
import { type FoundBlob, findBlob } from "./find-blob.js";
import { gather } from "./gather.js";
import { addLinks, sortedLinks } from "./links.js";
import { type ChunkTally, NO_CHUNKS, type PutChunks, putChunks } from "./put-chunks.js";
import { encodeRecipe, type Recipe } from "./recipe.js";

/** Blobs that need others stand in their recipe up to this size: a pack of their own would be a waste. */
const INLINE_BYTES = 64 * 1024;

/** Where and how the puts of a session store. */
export interface PutContext {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly chunkAbove: number;
  readonly compression: "auto" | "none";
  /** Keeps what there is of a blob, and what will be, from being collected. */
  holdBlob(id: BlobId, options: CallOptions): Promise<void>;
  /** Whether all that a blob needs is there, if need be back from the trash. */
  isComplete(id: BlobId, options: CallOptions): Promise<boolean>;
  /** Where chunks go, once it is known which ones there are. */
  chunkSink(options: CallOptions): Promise<ChunkSink>;
}

export interface PutBlobCall extends CallOptions {
  readonly layout: "auto" | "whole";
  /** Called as bytes find their place. */
  readonly onTally: (tally: Readonly<ChunkTally>) => void;
}

/**
 * Stores a blob unless it is there, and returns when it is durable. A blob in memory is looked for before it is chunked.
 * Throws `invalid-argument`, what the source throws, `aborted`.
 */
export async function putBlob(
  context: PutContext,
  source: BlobSource,
  description: BlobDescription,
  call: PutBlobCall,
): Promise<StoredBlob> {
  checkDescription(description);
  const { links = [] } = description;
  if (call.layout === "whole" && links.length > 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${JSON.stringify(description.name)} needs other blobs, which only a recipe can tell: leave its layout to the store`,
    });
  }
  throwIfAborted(call.signal, "put");
  const limit =
    call.layout === "whole" ? context.store.capabilities.maxPutBytes : context.chunkAbove;
  const gathered =
    source instanceof Uint8Array
      ? { bytes: source, parts: undefined }
      : await gather(source, limit, call.signal);
  if (gathered.parts !== undefined) {
    if (call.layout === "whole") {
      await end(gathered.parts);
      throw new LodeError({
        code: "invalid-argument",
        message: `${JSON.stringify(description.name)} has more than the ${limit} bytes of one put to ${context.store.uri}; store it in chunks`,
      });
    }
    const sink = await sinkFor(context, gathered.parts, call);
    const chunks = hashedParts(gathered.parts, { signal: call.signal });
    const { compression } = context;
    const put = await putChunks(sink, chunks, { ...call, compression });
    return putChunked(context, put, description, call);
  }
  return putBytes(context, gathered.bytes, limit, description, call);
}

async function putBytes(
  context: PutContext,
  bytes: Uint8Array,
  limit: number,
  description: BlobDescription,
  call: PutBlobCall,
): Promise<StoredBlob> {
  const { store } = context;
  const { format, links = [] } = description;
  const size = bytes.length;
  const id = createHash("sha256").update(bytes).digest("hex");
  const found = await lookFor(context, id, description, call);
  const there = found?.facts;
  // An object of another size is damaged, and here are the right bytes.
  const isDamaged = there?.layout === "whole" && there.size !== size;
  if (found?.isComplete && !isDamaged) {
    const tally = { ...NO_CHUNKS, reusedBytes: size, reusedChunks: 1 };
    call.onTally(tally);
    return { ...found.facts, ...tally, existed: true };
  }
  const tally = { ...NO_CHUNKS, storedBytes: size, newBytes: size, newChunks: 1 };
  if (links.length > 0 && size <= INLINE_BYTES) {
    call.onTally(tally);
    const recipe = {
      blob: id,
      size,
      format,
      packs: [],
      runs: [],
      links: sortedLinks(links),
      bytes,
    };
    return putRecipe(context, recipe, tally, found, description, call);
  }
  if (links.length > 0 || (there === undefined ? size > limit : there.layout === "chunked")) {
    const chunks = hashedChunks([bytes], { signal: call.signal });
    const { compression } = context;
    const put = await putChunks(await context.chunkSink(call), chunks, { ...call, compression });
    return putChunked(context, put, description, call);
  }
  await notesBefore(context, { id, size, layout: "whole" }, description, call);
  const key = there?.key ?? dataKey(id, format);
  await putData(context, key, bytes, isDamaged ? "overwrite" : "create", call);
  await putNotesAfter(store, id, description, call);
  call.onTally(tally);
  const facts = { id, size, format: there?.format ?? format, layout: "whole", key } as const;
  return { ...facts, ...tally, existed: false };
}

async function putChunked(
  context: PutContext,
  { recipe, tally, blob }: PutChunks,
  description: BlobDescription,
  call: PutBlobCall,
): Promise<StoredBlob> {
  const { format, links = [] } = description;
  const found = await lookFor(context, blob.sha256, description, call);
  if (found?.isComplete) return { ...found.facts, ...tally, existed: true };
  await (await context.chunkSink(call)).flush();
  const built = recipe.build(blob.sha256, blob.size, format, sortedLinks(links));
  return putRecipe(context, built, tally, found, description, call);
}

/** The recipe makes a blob complete: by then its chunks are durable and can be found. */
async function putRecipe(
  context: PutContext,
  recipe: Recipe,
  tally: Readonly<ChunkTally>,
  found: FoundBlob | undefined,
  description: BlobDescription,
  call: PutBlobCall,
): Promise<StoredBlob> {
  const { store } = context;
  const { signal } = call;
  const { blob: id, size, format, links } = recipe;
  throwIfAborted(signal, "put");
  await notesBefore(context, { id, size, layout: "chunked" }, description, call);
  const key = recipeKey(id);
  if (found?.recipe === undefined) {
    const created = await createJson(store, key, encodeRecipe(recipe), call);
    if (!created && links.length > 0) await addLinks(store, id, links, call);
  } else {
    // That one leads to packs that are gone.
    const all = sortedLinks([...links, ...found.recipe.links]);
    const text = encodeRecipe({ ...recipe, links: all });
    await putJson(store, key, text, { mode: "overwrite", signal });
  }
  await putNotesAfter(store, id, description, call);
  return { id, size, format, layout: "chunked", key, ...tally, existed: false };
}

/**
 * What there is of the blob, once it is held, with what this description adds to it; complete if that and all that it
 * needs is there.
 */
async function lookFor(
  context: PutContext,
  id: BlobId,
  description: BlobDescription,
  call: CallOptions,
): Promise<(FoundBlob & { readonly isComplete: boolean }) | undefined> {
  const { store } = context;
  const { links = [] } = description;
  await context.holdBlob(id, call);
  const found = await findBlob(store, id, call);
  if (found === undefined) return undefined;
  await putNotesAfter(store, id, description, call);
  if (links.length > 0 && !(await addLinks(store, id, links, call))) {
    return { ...found, isComplete: false };
  }
  // A writer that slept beyond its lease may have left a recipe whose packs were collected by then.
  const needsNothing = found.facts.layout === "whole" && links.length === 0;
  return { ...found, isComplete: needsNothing || (await context.isComplete(id, call)) };
}

function notesBefore(
  { store, clock }: PutContext,
  blob: { id: BlobId; size: number; layout: BlobLayout },
  description: BlobDescription,
  { signal }: CallOptions,
): Promise<void> {
  return putNotesBefore(store, blob, description, { now: clock.now(), signal });
}

async function putData(
  { store }: PutContext,
  key: string,
  bytes: Uint8Array,
  mode: "create" | "overwrite",
  { signal }: CallOptions,
): Promise<void> {
  try {
    await store.put(key, bytes, { mode, signal });
  } catch (error) {
    // Another has stored the same bytes.
    if (!isLodeError(error, "already-exists")) throw error;
  }
}

async function sinkFor(
  context: PutContext,
  parts: AsyncIterable<unknown>,
  call: CallOptions,
): Promise<ChunkSink> {
  try {
    return await context.chunkSink(call);
  } catch (error) {
    await end(parts);
    throw error;
  }
}

/** Ends a source that is not read to its end. */
async function end(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts) break;
}
