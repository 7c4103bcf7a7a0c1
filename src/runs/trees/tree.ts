import { type BlobId, type BlobStore, blobFolder } from "../../cas/index.js";
import { LodeError } from "../../errors.js";
import { parseTree } from "./parse-tree.js";
import { checkContent, type PlacedFile, placeFiles } from "./placed-files.js";
import { type RestoredTree, type RestoreOptions, restoreTree } from "./restore-tree.js";
import type { TreeDocument } from "./tree-document.js";
import { isGrouped, type TreeEntry } from "./tree-entry.js";

export interface TreeCall {
  readonly signal?: AbortSignal | undefined;
}

/** A stored folder: what is in it, its files one by one, and the whole of it on the disk again. */
export class Tree {
  /** In order of their paths' UTF-8 bytes. */
  readonly entries: readonly TreeEntry[];
  readonly blob: BlobId;
  readonly #store: BlobStore;
  readonly #byPath: ReadonlyMap<string, TreeEntry>;
  readonly #placed: ReadonlyMap<string, PlacedFile>;

  /** Reads what is in the tree that `blob` is. Throws `not-found`, and `corrupt-format` if it is no tree. */
  static async open(store: BlobStore, blob: BlobId, { signal }: TreeCall = {}): Promise<Tree> {
    return new Tree(
      store,
      blob,
      parseTree(await store.bytes(blob, { signal }), store.store.uriOf(blobFolder(blob))),
    );
  }

  private constructor(store: BlobStore, blob: BlobId, document: TreeDocument) {
    this.#store = store;
    this.blob = blob;
    this.entries = document.entries;
    this.#byPath = new Map(document.entries.map((entry) => [entry.path, entry]));
    this.#placed = placeFiles(document);
  }

  /** In bytes, of all files. */
  get size(): number {
    let sum = 0;
    for (const { entry } of this.#placed.values()) sum += entry.size;
    return sum;
  }

  /** The entry at a path; undefined if there is none, and for a folder that is not empty. */
  find(path: string): TreeEntry | undefined {
    return this.#byPath.get(path);
  }

  /** The bytes of one file; nothing else is read. Throws `not-found`, and `invalid-argument` for what is no file. */
  async read(path: string, { signal }: TreeCall = {}): Promise<Uint8Array> {
    const placed = this.#file(path);
    const { entry, blob, offset } = placed;
    if (entry.size === 0) return new Uint8Array(0);
    if (!isGrouped(entry)) return this.#store.bytes(blob, { signal });
    const range = { start: offset, end: offset + entry.size };
    const bytes = await this.#store.bytes(blob, { range, signal });
    checkContent(this.blob, placed, bytes);
    return bytes;
  }

  /** The same in bounded memory; a piece is valid until the next one is asked for. */
  async *stream(path: string, call: TreeCall = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const { entry, blob } = this.#file(path);
    if (entry.size === 0 || isGrouped(entry)) yield await this.read(path, call);
    else yield* this.#store.stream(blob, { signal: call.signal });
  }

  /**
   * Writes the tree, or what `include` chooses of it, into a folder of the local disk, which is made if it is missing.
   * Each file appears whole. What is there with the same content stays; with another it is `already-exists`, unless
   * `overwrite` is given, and what the tree does not have is left alone. Nothing outside of the folder is touched: a
   * link in the way ends it.
   */
  restore(target: string, options: RestoreOptions = {}): Promise<RestoredTree> {
    const { blob: tree, entries } = this;
    return restoreTree(this.#store, { tree, entries, placed: this.#placed }, target, options);
  }

  #file(path: string): PlacedFile {
    const placed = this.#placed.get(path);
    if (placed !== undefined) return placed;
    const entry = this.#byPath.get(path);
    const kind = entry?.kind === "link" ? `a link to ${entry.target}` : "a folder";
    throw new LodeError(
      entry === undefined
        ? { code: "not-found", message: `tree ${this.blob} has no file ${JSON.stringify(path)}` }
        : {
            code: "invalid-argument",
            message: `${JSON.stringify(path)} of tree ${this.blob} is ${kind}, not a file`,
          },
    );
  }
}
