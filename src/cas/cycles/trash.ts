import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type BlobId, blobFolder, metadataKey, packKey } from "../keys.js";
import { digestPointer, findRoot, needsOf } from "./blob-objects.js";
import { cycleText } from "./condemned-list.js";
import { isLostRace } from "./state.js";

export const TRASH = "trash/";

/** Objects of which two writers may have made different ones: what is there stays. */
const SMALL = /\.json$/;

/** The key below which a cycle keeps what it deleted, each object under its own key. */
export function trashFolder(cycle: number): string {
  return `${TRASH}${cycleText(cycle)}/`;
}

/** Copies objects into a cycle's trash; what is no longer there is there already. Tells what it copied. */
export async function copyToTrash(
  store: ObjectStore,
  cycle: number,
  keys: readonly string[],
  { signal }: CallOptions = {},
): Promise<string[]> {
  const copied = await sideBySide(keys, CONCURRENT_READS, signal, async (key, stop) => {
    try {
      await store.copy(key, `${trashFolder(cycle)}${key}`, { signal: stop });
      return true;
    } catch (error) {
      if (isLodeError(error, "not-found")) return false;
      throw error;
    }
  });
  return keys.filter((_, index) => copied[index]);
}

/** Keeps a blob or a pack from being deleted from now on; waits for the end of a deletion that is under way. */
export interface Holder {
  holdBlob(id: BlobId): Promise<void>;
  holdPack(pack: string): Promise<void>;
}

export interface TrashReaderOptions extends CallOptions {
  /** Asked before each look, unless nothing can be deleted meanwhile. */
  readonly holder?: Holder | undefined;
}

/**
 * Makes blobs complete again from what the trash holds: their bytes, packs and all that they link to. What is in
 * place is left alone.
 */
export class TrashReader {
  readonly #store: ObjectStore;
  readonly #signal: AbortSignal | undefined;
  readonly #holder: Holder | undefined;
  /** Those that are complete. */
  readonly #blobs = new Set<BlobId>();
  readonly #packs = new Map<string, Promise<boolean>>();
  #folders: Promise<readonly string[]> | undefined;

  constructor(store: ObjectStore, { signal, holder }: TrashReaderOptions = {}) {
    this.#store = store;
    this.#signal = signal;
    this.#holder = holder;
  }

  /** False if the blob, or something that it needs, is neither in place nor in the trash. */
  async bringBack(id: BlobId): Promise<boolean> {
    return this.#bringBack(id, new Set());
  }

  /** Puts the metadata of a blob that is there back with what leads to it from its digest; false if no trash has them. */
  async bringBackMetadata(id: BlobId): Promise<boolean> {
    for (const folder of await this.#trashFolders()) {
      if (!(await this.#copyBack(folder, metadataKey(id)))) continue;
      await this.#copyPointerBack(id, folder);
      return true;
    }
    return false;
  }

  /** False if the pack is neither in place nor in the trash. */
  bringBackPack(pack: string): Promise<boolean> {
    let found = this.#packs.get(pack);
    if (found === undefined) {
      found = this.#bringBackPack(pack);
      this.#packs.set(pack, found);
    }
    return found;
  }

  /** @param above Those that led here: links may lead back. */
  async #bringBack(id: BlobId, above: ReadonlySet<BlobId>): Promise<boolean> {
    if (this.#blobs.has(id) || above.has(id)) return true;
    await this.#holder?.holdBlob(id);
    const at = await this.#place(id);
    if (at === undefined) return false;
    const { folder, root } = at;
    // What it needs comes first: a blob whose root is in place is taken to be complete.
    const options = { signal: this.#signal, folder };
    const { blobs, packs } = await needsOf(this.#store, id, options);
    const path = new Set([...above, id]);
    if (!(await this.#all(blobs, (link) => this.#bringBack(link, path)))) return false;
    if (!(await this.#all(packs, (pack) => this.bringBackPack(pack)))) return false;
    // The trash may be emptied meanwhile.
    if (folder !== "" && !(await this.#copyAllBack(id, folder, root))) return false;
    this.#blobs.add(id);
    return true;
  }

  /** A large blob has thousands of packs, a large tree as many links. */
  async #all(ids: readonly string[], attempt: (id: string) => Promise<boolean>): Promise<boolean> {
    const done = await sideBySide(ids, CONCURRENT_READS, this.#signal, attempt);
    return done.every((isDone) => isDone);
  }

  async #copyAllBack(id: BlobId, folder: string, root: string): Promise<boolean> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list({
      prefix: `${folder}${blobFolder(id)}`,
      signal: this.#signal,
    })) {
      if (key !== root) keys.push(key.slice(folder.length));
    }
    for (const key of keys) await this.#copyBack(folder, key);
    await this.#copyPointerBack(id, folder);
    return this.#copyBack(folder, root.slice(folder.length));
  }

  async #copyPointerBack(id: BlobId, folder: string): Promise<void> {
    const pointer = await digestPointer(this.#store, id, metadataKey(id), { signal: this.#signal });
    if (pointer !== undefined) await this.#copyBack(folder, pointer);
  }

  /** Where the blob is complete: in place (an empty folder), else in the newest trash that has it. */
  async #place(
    id: BlobId,
  ): Promise<{ readonly folder: string; readonly root: string } | undefined> {
    const options = { signal: this.#signal };
    const inPlace = await findRoot(this.#store, id, options);
    if (inPlace !== undefined) return { folder: "", root: inPlace };
    for (const folder of await this.#trashFolders()) {
      const root = await findRoot(this.#store, id, { ...options, folder });
      if (root !== undefined) return { folder, root };
    }
    return undefined;
  }

  async #bringBackPack(pack: string): Promise<boolean> {
    await this.#holder?.holdPack(pack);
    const key = packKey(pack);
    if (await this.#store.exists(key, { signal: this.#signal })) return true;
    for (const folder of await this.#trashFolders()) {
      if (await this.#copyBack(folder, key)) return true;
    }
    return false;
  }

  /** True if the object is in place now. */
  async #copyBack(folder: string, key: string): Promise<boolean> {
    const signal = this.#signal;
    const from = `${folder}${key}`;
    try {
      if (SMALL.test(key)) {
        await this.#store.put(key, await this.#store.bytes(from, { signal }), {
          mode: "create",
          signal,
        });
      } else {
        // Bytes that the key determines, or that only one writer can have made: nothing else can be there.
        await this.#store.copy(from, key, { signal });
      }
      return true;
    } catch (error) {
      if (isLodeError(error, "not-found")) return false;
      if (isLostRace(error)) return true;
      throw error;
    }
  }

  /** The newest first. */
  #trashFolders(): Promise<readonly string[]> {
    this.#folders ??= this.#listFolders();
    return this.#folders;
  }

  async #listFolders(): Promise<readonly string[]> {
    const folders: string[] = [];
    const pages = this.#store.listPages({ prefix: TRASH, delimiter: "/", signal: this.#signal });
    for await (const { prefixes } of pages) folders.push(...prefixes);
    return folders.sort().reverse();
  }
}
