import { isLodeError } from "../../errors.js";
import { findBlob, putDigest, readMetadata } from "../blobs/index.js";
import { findRoot, isRoot } from "../cycles/index.js";
import { type BlobId, blobFolder, metadataKey, recipeKey } from "../keys.js";
import { mendRecipe } from "./mend-recipe.js";
import { bringBack, type RepairContext } from "./repair-context.js";
import { metadataFor } from "./repair-metadata.js";
import type { Remedy } from "./repair-options.js";

/** Brings blobs back, fetches them, and makes what is told of them again. */
export class BlobRepair {
  readonly #context: RepairContext;
  readonly #fetched = new Map<BlobId, Promise<Remedy | undefined>>();

  constructor(context: RepairContext) {
    this.#context = context;
  }

  /** A blob that something needs and that is not there. */
  async missing(blob: BlobId): Promise<Remedy | undefined> {
    if (!(await bringBack(this.#context, blob))) return this.fetch(blob);
    this.#context.check.blobs.add(blob);
    return "restored";
  }

  /** A blob whose bytes cannot be read: from a mirror, with what it links to. What is damaged is set aside, and put back if that fails. */
  fetch(blob: BlobId): Promise<Remedy | undefined> {
    let fetched = this.#fetched.get(blob);
    if (fetched === undefined) {
      fetched = this.#fetch(blob);
      this.#fetched.set(blob, fetched);
    }
    return fetched;
  }

  /** A whole blob that is damaged: as long as it is in its place, nobody can store the right bytes. */
  async data(blob: BlobId, key: string): Promise<Remedy | undefined> {
    const fetched = await this.fetch(blob);
    if (fetched !== undefined) return fetched;
    const { tools, signal } = this.#context;
    await tools?.aside.move(key, { signal });
    return "set-aside";
  }

  /** A recipe that cannot be read. Without a mirror it stays: collections stop at it, and keep all packs. */
  async recipe(blob: BlobId): Promise<Remedy | undefined> {
    const { store, check, tools, signal } = this.#context;
    const text = await mendRecipe(store, check.footers, blob, { signal });
    if (text === undefined) return this.fetch(blob);
    if (tools !== undefined) {
      await tools.aside.copy(recipeKey(blob), { signal });
      await store.put(recipeKey(blob), text, { signal });
    }
    return "rebuilt";
  }

  async metadata(blob: BlobId): Promise<Remedy | undefined> {
    const { store, mirrors, tools, signal } = this.#context;
    const key = metadataKey(blob);
    const made = await metadataFor(store, blob, mirrors, { signal });
    if (made === undefined) return undefined;
    if (tools !== undefined) {
      if (await store.exists(key, { signal })) await tools.aside.copy(key, { signal });
      await store.put(key, made.text, { signal });
    }
    return made.isFetched ? "fetched" : "rebuilt";
  }

  /** Lets the digest that its metadata tell lead to the blob. */
  async pointer(blob: BlobId): Promise<Remedy | undefined> {
    const { store, tools, signal } = this.#context;
    try {
      const found = await findBlob(store, blob, { signal });
      if (found === undefined) return undefined;
      const { digest } = await readMetadata(store, found.facts, { signal });
      if (digest === undefined) return undefined;
      if (tools !== undefined) await putDigest(store, blob, digest, { signal });
      return "rebuilt";
    } catch (error) {
      // Its metadata, or its recipe, are another finding.
      if (isLodeError(error, "not-found", "corrupt-format", "integrity")) return undefined;
      throw error;
    }
  }

  async #fetch(blob: BlobId): Promise<Remedy | undefined> {
    const { store, check, mirrors, tools, signal } = this.#context;
    if (!(await mirrors.hasBlob(blob, { signal }))) return undefined;
    if (tools === undefined) return "fetched";
    for (const link of (await mirrors.links(blob, { signal })) ?? []) {
      if ((await findRoot(store, link, { signal })) === undefined) await this.missing(link);
    }
    const roots: string[] = [];
    for await (const { key } of store.list({ prefix: blobFolder(blob), signal })) {
      if (isRoot(key)) roots.push(key);
    }
    let isStored = false;
    try {
      for (const key of roots) await tools.aside.move(key, { signal });
      isStored = await mirrors.fetch(blob, tools.session, { signal });
    } finally {
      // Also when it was stopped: what was set aside may be of use.
      if (!isStored) for (const key of roots) await tools.aside.putBack(key, {});
    }
    if (isStored) check.blobs.add(blob);
    return isStored ? "fetched" : undefined;
  }
}
