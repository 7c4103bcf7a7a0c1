import { isLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import {
  type CheckpointName,
  listManifests,
  manifestKey,
  type NamedManifest,
  parseShardMeta,
  readManifests,
} from "../manifest/index.js";
import { recordKeyOf } from "./data-objects.js";
import type { Leftover, Unreadable } from "./leftover.js";

/** Which objects the manifests and the records of named shards name. */
export class References {
  readonly #keys = new Set<string>();
  /** Steps of manifests, and records, that cannot be read: what they name is not known. */
  readonly #unknown = new Set<number | string>();
  readonly unreadable: Unreadable[] = [];
  manifests: readonly NamedManifest[] = [];

  static async read(
    store: ObjectStore,
    objects: readonly Leftover[],
    signal: AbortSignal | undefined,
  ): Promise<References> {
    const references = new References();
    const records = new Set<string>();
    for (const { kind, key } of objects) {
      const record = kind === "named-shard" ? recordKeyOf(key) : undefined;
      if (record !== undefined) records.add(record);
    }
    for (const record of records) await references.#addRecord(store, record, signal);
    await references.#addManifests(store, signal);
    return references;
  }

  /** False for what may go. A record or an upload is needed by a save only, never by a checkpoint. */
  needs({ kind, key, name }: Leftover): boolean {
    if (kind === "record" || kind === "upload") return false;
    const source = kind === "named-shard" ? recordKeyOf(key) : name?.step;
    return this.#keys.has(key) || (source !== undefined && this.#unknown.has(source));
  }

  async #addManifests(store: ObjectStore, signal: AbortSignal | undefined): Promise<void> {
    const names: CheckpointName[] = [];
    for await (const { name } of listManifests(store, { signal })) names.push(name);
    this.manifests = await readManifests(store, names, {
      signal,
      onUnreadable: (name, error) => {
        this.#unknown.add(name.step);
        this.unreadable.push({ key: manifestKey(name), error });
      },
    });
    for (const { manifest } of this.manifests) {
      for (const { key } of manifest.shards) this.#keys.add(key);
    }
  }

  async #addRecord(
    store: ObjectStore,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      this.#keys.add(parseShardMeta(await store.text(key, { signal }), store.uriOf(key)).key);
    } catch (error) {
      if (isLodeError(error, "not-found")) return;
      if (!isLodeError(error, "corrupt-format", "integrity")) throw error;
      this.#unknown.add(key);
      this.unreadable.push({ key, error });
    }
  }
}
