import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import type { CallOptions, ObjectMeta, ObjectStore } from "../../storage/index.js";
import { readLinks } from "../blobs/index.js";
import { IdSet, isRoot, packsOf } from "../cycles/index.js";
import { isBlobId, isPackId, recipeKey } from "../keys.js";

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
 * All blobs and packs of a store, and which need which. Costs one listing of `index/`, `packs/`, `data/`, `links/` and `refs/` (a request for
 * each 1,000 objects; a blob is two or three) and a request for each recipe and each list of links. Holds some 150 bytes
 * for each blob.
 */
export class Survey {
  readonly blobs = new IdSet(32);
  readonly packs = new IdSet(16);
  /** By the number of the blob; undefined for one that is only named by others. */
  readonly blobTallies: (Tally | undefined)[] = [];
  /** By the number of the pack; undefined for one that is not there. */
  readonly packTallies: (Tally | undefined)[] = [];
  /** The blobs that are complete. */
  readonly complete = new Set<number>();
  /** The blobs that a ref keeps alive. */
  readonly referenced = new Set<number>();
  /** By the number of a blob, those that it links to. */
  readonly links = new Map<number, readonly number[]>();
  /** By the number of a chunked blob, the packs that its recipe names. */
  readonly recipes = new Map<number, readonly number[]>();
  /** What tells of packs; the packs of all of them were listed later. */
  readonly index: { readonly key: string; readonly size: number }[] = [];

  /** Throws `corrupt-format` for a damaged recipe or list of links: what it needs is not known, so nothing may be deleted. */
  static async take(store: ObjectStore, options: SurveyOptions = {}): Promise<Survey> {
    const survey = new Survey();
    for await (const { key, size } of listed(store, "index/", options)) {
      survey.index.push({ key, size });
    }
    await survey.#listPacks(store, options);
    const chunked = await survey.#listBlobs(store, options);
    const linked = await survey.#listLinks(store, options);
    const read = async (
      blobs: readonly number[],
      into: Map<number, readonly number[]>,
      needs: (id: string, signal: AbortSignal) => Promise<readonly number[]>,
    ): Promise<void> => {
      let since = 0;
      await sideBySide(blobs, CONCURRENT_READS, options.signal, async (blob, signal) => {
        into.set(blob, await needs(survey.blobs.id(blob), signal));
        if (++since % CONCURRENT_READS === 0) await options.onStep?.(CONCURRENT_READS);
      });
    };
    await read(chunked, survey.recipes, async (id, signal) =>
      (await packsOf(store, id, { signal })).map((pack) => survey.packs.add(pack)),
    );
    await read(linked, survey.links, async (id, signal) =>
      (await readLinks(store, id, { signal })).map((link) => survey.blobs.add(link)),
    );
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
      if (meta.key === recipeKey(id)) chunked.push(blob);
    }
    return chunked;
  }

  async #listLinks(store: ObjectStore, options: SurveyOptions): Promise<number[]> {
    const linked: number[] = [];
    for await (const meta of listed(store, "links/", options)) {
      const id = meta.key.split("/")[2]?.replace(/\.json$/, "");
      if (!isBlobId(id)) continue;
      const blob = this.blobs.add(id);
      add(this.blobTallies, blob, meta);
      linked.push(blob);
    }
    return linked;
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
