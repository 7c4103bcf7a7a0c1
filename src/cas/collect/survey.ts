import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import type { CallOptions, ObjectMeta, ObjectStore } from "../../storage/index.js";
import { IdSet, isRoot, needsOf } from "../cycles/index.js";
import { isBlobId, isPackId, metadataKey, recipeKey } from "../keys.js";

const LISTED_BETWEEN_STEPS = 1_000;

export interface SurveyOptions extends CallOptions {
  /** Called often while it goes on; it waits for the answer. */
  readonly onStep?: ((objects: number) => Promise<void> | void) | undefined;
}

/** What is known of objects that stand for one blob or pack. */
interface Tally {
  /** When the newest of its objects was written, by the store's clock. */
  modified: number;
  /** Of all its objects. */
  bytes: number;
}

/**
 * All blobs and packs of a store, and which need which. Costs one listing of `index/`, `packs/`, `data/` and `refs/` (a request for each 1,000 objects; a
 * blob is two) and a request for each recipe. Holds some 150 bytes for each blob.
 */
export class Survey {
  readonly blobs = new IdSet(32);
  readonly packs = new IdSet(16);
  /** By the number of the blob; undefined for one that is only named by others. */
  readonly blobTallies: (Tally | undefined)[] = [];
  /** By the number of the pack; undefined for one that is not there. */
  readonly packTallies: (Tally | undefined)[] = [];
  /** The blobs whose root is there. */
  readonly complete = new Set<number>();
  /** The blobs whose metadata are there. */
  readonly described = new Set<number>();
  /** The blobs that a ref keeps alive. */
  readonly referenced = new Set<number>();
  /** By the number of a blob with a recipe, those that it links to. */
  readonly links = new Map<number, readonly number[]>();
  /** By the number of a chunked blob, the packs that its recipe names. */
  readonly recipes = new Map<number, readonly number[]>();
  /** What tells of packs; the packs of all of them were listed later. */
  readonly index: { readonly key: string; readonly size: number }[] = [];

  /** Throws `corrupt-format` for a damaged recipe: what it needs is not known, so nothing may be deleted. */
  static async take(store: ObjectStore, options: SurveyOptions = {}): Promise<Survey> {
    const survey = new Survey();
    for await (const { key, size } of listed(store, "index/", options)) {
      survey.index.push({ key, size });
    }
    await survey.#listPacks(store, options);
    const chunked = await survey.#listBlobs(store, options);
    let since = 0;
    await sideBySide(chunked, CONCURRENT_READS, options.signal, async (blob, signal) => {
      const needs = await needsOf(store, survey.blobs.id(blob), { signal });
      survey.recipes.set(
        blob,
        needs.packs.map((pack) => survey.packs.add(pack)),
      );
      survey.links.set(
        blob,
        needs.blobs.map((link) => survey.blobs.add(link)),
      );
      if (++since % CONCURRENT_READS === 0) await options.onStep?.(CONCURRENT_READS);
    });
    // Refs come last: what is committed while the rest is listed counts.
    for await (const { key } of listed(store, "refs/", options)) {
      const id = key.split("/")[2];
      if (isBlobId(id)) survey.referenced.add(survey.blobs.add(id));
    }
    return survey;
  }

  isPackThere(pack: string): boolean {
    return this.packTallies[this.packs.numberOf(pack) ?? -1] !== undefined;
  }

  /** The blobs whose recipes name one of these packs. */
  blobsOf(packs: readonly string[]): string[] {
    const numbers = new Set(packs.map((pack) => this.packs.numberOf(pack)));
    const found: string[] = [];
    for (const [blob, named] of this.recipes) {
      if (named.some((pack) => numbers.has(pack))) found.push(this.blobs.id(blob));
    }
    return found;
  }

  async #listPacks(store: ObjectStore, options: SurveyOptions): Promise<void> {
    for await (const meta of listed(store, "packs/", options)) {
      const id = meta.key.split("/")[2];
      if (isPackId(id)) add(this.packTallies, this.packs.add(id), meta);
    }
  }

  async #listBlobs(store: ObjectStore, options: SurveyOptions): Promise<number[]> {
    const chunked: number[] = [];
    for await (const meta of listed(store, "data/", options)) {
      const id = meta.key.split("/")[2];
      if (!isBlobId(id)) continue;
      const blob = this.blobs.add(id);
      add(this.blobTallies, blob, meta);
      if (isRoot(meta.key)) this.complete.add(blob);
      if (meta.key === metadataKey(id)) this.described.add(blob);
      if (meta.key === recipeKey(id)) chunked.push(blob);
    }
    return chunked;
  }
}

function add(
  tallies: (Tally | undefined)[],
  number: number,
  { size, lastModified }: ObjectMeta,
): void {
  const modified = lastModified.getTime();
  const tally = tallies[number];
  if (tally === undefined) tallies[number] = { modified, bytes: size };
  else {
    tally.modified = Math.max(tally.modified, modified);
    tally.bytes += size;
  }
}

async function* listed(
  store: ObjectStore,
  prefix: string,
  { signal, onStep }: SurveyOptions,
): AsyncGenerator<ObjectMeta, void, undefined> {
  let since = 0;
  for await (const meta of store.list({ prefix, signal })) {
    if (++since === LISTED_BETWEEN_STEPS) {
      await onStep?.(since);
      since = 0;
    }
    yield meta;
  }
  await onStep?.(since);
}
