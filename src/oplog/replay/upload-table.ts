import { Semaphore } from "../../core/index.js";
import { LodeError, toLodeError } from "../../errors.js";
import type {
  MultipartUpload,
  ObjectStore,
  ReplayableBody,
  WriteResult,
} from "../../storage/index.js";

/** Unfinished uploads at a time. */
const MAX_UPLOADS = 10_000;

/** Bytes of parts in memory; a larger part goes alone. */
const PART_BUDGET = 256 * 2 ** 20;

/** Largest part, in bytes: it is made in memory. */
const MAX_PART_BYTES = 2 ** 30;

interface OpenUpload {
  readonly store: ObjectStore;
  readonly key: string;
  /** The log tells how it began, so it tells how it ends too. */
  told: boolean;
  readonly upload: Promise<MultipartUpload>;
  readonly parts: Set<Promise<void>>;
  parted: number;
  failure: LodeError | undefined;
}

/**
 * The uploads in parts that a replay has under way, one for a key: a log tells of parts by their key
 * only. Parts get their numbers in the order in which they begin.
 */
export class UploadTable {
  readonly #open = new Map<string, OpenUpload>();
  readonly #budget = new Semaphore(PART_BUDGET);
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Begins an upload; one of the same key that the log left open is aborted. False if there are too many. */
  async start(store: ObjectStore, key: string): Promise<boolean> {
    const name = store.uriOf(key);
    const before = this.#open.get(name);
    // A part that began before is a sign of rows out of order: it begins no other upload.
    if (before !== undefined && !before.told) {
      before.told = true;
      await before.upload;
      return true;
    }
    const open = this.#begin(store, key, true);
    if (open === undefined) return false;
    await Promise.all([open.upload, before === undefined ? undefined : abort(before)]);
    return true;
  }

  /** Sends the next part, of an upload that begins now if there is none. False if there are too many. */
  async putPart(store: ObjectStore, key: string, content: ReplayableBody): Promise<boolean> {
    const limit = Math.min(store.capabilities.maxPartBytes, MAX_PART_BYTES);
    if (content.length > limit) {
      throw new LodeError({
        code: "invalid-argument",
        message: `a part of ${content.length} bytes is over the ${limit} that can be sent`,
      });
    }
    const open = this.#open.get(store.uriOf(key)) ?? this.#begin(store, key, false);
    if (open === undefined) return false;
    const number = ++open.parted;
    const sending = this.#budget.run(
      () => this.#send(open, number, content),
      content.length,
      this.#signal,
    );
    const part = sending.catch((error: unknown) => {
      open.failure ??= toLodeError(error, "put", store.uriOf(key));
    });
    open.parts.add(part);
    part.finally(() => open.parts.delete(part));
    await sending;
    return true;
  }

  async #send(open: OpenUpload, number: number, content: ReplayableBody): Promise<void> {
    const bytes = new Uint8Array(content.length);
    let at = 0;
    for await (const chunk of content.stream()) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    await (await open.upload).putPart(number, bytes, { signal: this.#signal });
  }

  /** Publishes the key's upload once its parts are there; undefined if there is none. */
  async complete(store: ObjectStore, key: string): Promise<WriteResult | undefined> {
    const open = this.#take(store, key);
    return open === undefined ? undefined : complete(open, this.#signal);
  }

  /** Aborts the key's upload; false if there is none. */
  async abort(store: ObjectStore, key: string): Promise<boolean> {
    const open = this.#take(store, key);
    if (open !== undefined) await abort(open);
    return open !== undefined;
  }

  /** Lists the parts of the key's upload; undefined if there is none. */
  async listParts(store: ObjectStore, key: string): Promise<number | undefined> {
    const upload = await this.#open.get(store.uriOf(key))?.upload;
    return (await upload?.listParts({ signal: this.#signal }))?.length;
  }

  /**
   * Ends what the log left unfinished: uploads whose beginning it did not tell are completed, if the
   * replay `isWhole`; the others are aborted. Never throws: `onFailure` is told.
   */
  async end(
    isWhole: boolean,
    onFailure: (error: LodeError) => void,
  ): Promise<{ completed: number; aborted: number }> {
    const ended = { completed: 0, aborted: 0 };
    for (const open of this.#open.values()) {
      const publish = isWhole && !open.told && open.failure === undefined;
      try {
        // The signal may have fired, which must not stop the clean-up.
        await (publish ? complete(open, this.#signal) : abort(open));
        if (publish) ended.completed++;
        else ended.aborted++;
      } catch (error) {
        onFailure(toLodeError(error, "put", open.store.uriOf(open.key)));
      }
    }
    this.#open.clear();
    return ended;
  }

  #begin(store: ObjectStore, key: string, told: boolean): OpenUpload | undefined {
    const name = store.uriOf(key);
    if (this.#open.size >= MAX_UPLOADS && !this.#open.has(name)) return undefined;
    const upload = store.startMultipart(key, { signal: this.#signal });
    const open = {
      store,
      key,
      told,
      upload,
      parts: new Set<Promise<void>>(),
      parted: 0,
      failure: undefined,
    };
    this.#open.set(name, open);
    // What could not begin is told to those who wait for it, and tried again by the next one.
    upload.catch(() => {
      if (this.#open.get(name) === open) this.#open.delete(name);
    });
    return open;
  }

  #take(store: ObjectStore, key: string): OpenUpload | undefined {
    const name = store.uriOf(key);
    const open = this.#open.get(name);
    this.#open.delete(name);
    return open;
  }
}

/** Publishes an upload; one that lacks a part is aborted, and fails as the part did. */
async function complete(open: OpenUpload, signal: AbortSignal | undefined): Promise<WriteResult> {
  await Promise.all(open.parts);
  if (open.failure === undefined) return (await open.upload).complete({ signal });
  await abort(open);
  throw open.failure;
}

async function abort(open: OpenUpload): Promise<void> {
  await Promise.all(open.parts);
  await (await open.upload).abort();
}
