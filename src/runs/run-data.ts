import type { BlobStore, WriteSession } from "../cas/index.js";
import type { Clock } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { CallOptions } from "../storage/index.js";
import { refuseInPlaceData } from "./legacy/index.js";
import { type DataReference, formatTime, isDataReference } from "./manifest/index.js";
import { checkDataName, NAME_REFS, putNamed } from "./named-data.js";
import type { RunDataOptions, StoreDataOptions } from "./options.js";
import type { Run } from "./run.js";
import { loadValue, type StoredValue, storeValue, type ValueCodec } from "./values/index.js";

/**
 * The data of a store of runs. One session writes all of it, opened by the first write and closed with the store: what
 * is stored for a run stays safe from collection until the run is saved.
 */
export class RunData {
  readonly #blobs: BlobStore;
  readonly #codecs: readonly ValueCodec[];
  readonly #clock: Clock;
  #session: Promise<WriteSession> | undefined;

  constructor(blobs: BlobStore, codecs: readonly ValueCodec[], clock: Clock) {
    this.#blobs = blobs;
    this.#codecs = codecs;
    this.#clock = clock;
  }

  session(): Promise<WriteSession> {
    this.#session ??= this.#blobs.session().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  /** A value, or what is stored already, under a name; the session holds it from now on. */
  async refer(
    data: unknown,
    name: string,
    { metadata, signal, format, codec, layout, onProgress }: StoreDataOptions,
  ): Promise<DataReference> {
    checkDataName(name);
    const session = await this.session();
    const own = metadata === undefined ? {} : { metadata };
    if (isDataReference(data)) {
      refuseInPlaceData(data);
      await session.hold(data.hash, { signal });
      return { ...data, ...own, name };
    }
    const codecs = this.#codecs;
    const options = { name, format, codec, codecs, metadata, layout, signal, onProgress };
    const stored = await storeValue(session, this.#blobs, data, options);
    return { ...facts(stored), ...own, name, createdAt: formatTime(this.#clock.now()) };
  }

  /** The same as data of a run. Throws `already-exists` where it has other data of this name. */
  async add(
    run: Run,
    role: "inputs" | "outputs",
    name: string,
    data: unknown,
    options: RunDataOptions,
  ): Promise<DataReference> {
    const reference = await this.refer(data, name, options);
    const there = Object.hasOwn(run[role], name) ? run[role][name] : undefined;
    if (there !== undefined && there.hash !== reference.hash && options.replace !== true) {
      throw new LodeError({
        code: "already-exists",
        message: `run ${JSON.stringify(run.id)} has other data as ${JSON.stringify(name)} of its ${role}; give another name, or replace: true`,
      });
    }
    run[role][name] = reference;
    return reference;
  }

  /** What {@link refer} gives, kept by the name. */
  async keep(data: unknown, name: string, options: StoreDataOptions): Promise<DataReference> {
    const { signal } = options;
    const reference = await this.refer(data, name, options);
    const session = await this.session();
    await session.addRef({ blob: reference.hash, kind: NAME_REFS, owner: name }, { signal });
    await session.confirm({ signal });
    await putNamed(this.#blobs.store, reference, { signal });
    return reference;
  }

  load(reference: DataReference, { signal }: CallOptions): Promise<unknown> {
    return loadValue(this.#blobs, reference, { codecs: this.#codecs, signal });
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await (await session)?.close();
  }
}

function facts(stored: StoredValue): Omit<DataReference, "name" | "createdAt"> {
  const { id, type, format, layout, key, size, digest, shape, columns, dtype } = stored;
  return { hash: id, type, format, layout, key, size, digest, shape, columns, dtype };
}
