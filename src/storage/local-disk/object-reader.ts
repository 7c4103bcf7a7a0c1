import { type BigIntStats, constants } from "node:fs";
import { type ResolvedRange, resolveRange } from "../../core/index.js";
import { type LodeError, throwIfAborted } from "../../errors.js";
import type {
  GetOptions,
  GetResult,
  ObjectMeta,
  ReadIntoOptions,
  ReadIntoResult,
} from "../backend.js";
import type { DataFile } from "./data-io.js";
import { isFsError } from "./fs-error.js";
import type { LocalDisk } from "./local-disk.js";
import { localKey } from "./local-key.js";
import { ObjectBody } from "./object-body.js";
import { contentTag, isSameContent, isSettling, metaOf, settledStats } from "./object-version.js";
import { OpenFiles } from "./open-files.js";
import type { Place } from "./root-guard.js";
import {
  changedWhileRead,
  notAFile,
  notFound,
  notModified,
  versionDiffers,
} from "./store-errors.js";

/** NONBLOCK: opening a pipe that nobody writes to must not wait for ever. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

interface OpenObject {
  readonly file: DataFile;
  readonly stats: BigIntStats;
  readonly meta: ObjectMeta;
  release(): Promise<void>;
}

/** Reads: the facts come from the open file itself, so that bytes and etag belong together. */
export class ObjectReader {
  readonly #disk: LocalDisk;
  readonly #open: OpenFiles;

  constructor(disk: LocalDisk) {
    this.#disk = disk;
    this.#open = new OpenFiles(disk.calls);
  }

  async get(
    key: string,
    options: GetOptions,
    fail: (error: unknown) => LodeError,
  ): Promise<GetResult> {
    const { file, stats, meta } = await this.#openObject(key);
    try {
      mustBe(key, meta.etag, options);
      const range = resolveRange(options.range, meta.size);
      const { calls } = this.#disk;
      const source = {
        key,
        stats,
        chunks: file.chunks(range.start, range.end),
        look: () => calls.fstatSync(file.fd),
        close: () => file.close(),
      };
      return { meta, range, body: new ObjectBody(source, range, options.signal, fail) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions,
  ): Promise<ReadIntoResult> {
    const { calls } = this.#disk;
    const { file, stats, meta, release } = await this.#borrow(key);
    try {
      mustBe(key, meta.etag, options);
      const actual = resolveRange(range, meta.size);
      const length = actual.end - actual.start;
      const bytesRead = await file.read(target.subarray(0, length), actual.start);
      if (bytesRead < length || !isSameContent(calls.fstatSync(file.fd), stats)) {
        throw changedWhileRead(key);
      }
      throwIfAborted(options.signal);
      return { meta, range: actual, bytesRead };
    } finally {
      await release();
    }
  }

  async head(key: string): Promise<ObjectMeta> {
    for (;;) {
      const at = this.#find(key);
      const stats = await this.#disk.publisher.current(at);
      if (stats === undefined || stats.isDirectory()) throw notFound(key);
      if (!stats.isFile()) throw notAFile(key);
      const meta = await this.#withFacts(at, stats);
      if (meta !== undefined) return meta;
    }
  }

  /** The real path of the object's file and what is known of it, for a copy. */
  async source(key: string): Promise<{ path: string; at: Place; stats: BigIntStats }> {
    const at = this.#find(key);
    const stats = await this.#disk.publisher.current(at);
    if (stats === undefined || stats.isDirectory()) throw notFound(key);
    if (!stats.isFile()) throw notAFile(key);
    const path = this.#disk.guard.followLink(at);
    if (path === undefined) throw notFound(key);
    return { path, at, stats };
  }

  close(): Promise<void> {
    return this.#open.close();
  }

  #find(key: string): Place {
    const at = this.#disk.guard.find(localKey(key));
    if (at === undefined) throw notFound(key);
    return at;
  }

  /** As {@link #openObject}, from the files that are open already where one is current. */
  async #borrow(key: string): Promise<OpenObject> {
    const at = this.#find(key);
    const held = this.#open.take(at.path);
    if (held !== undefined && this.#disk.sidecars === undefined) {
      const release = (): Promise<void> => this.#open.give(at.path, held.file, held.stats);
      return { ...held, meta: metaOf(key, held.stats), release };
    }
    const { file, stats, meta } = await this.#openObject(key);
    return { file, stats, meta, release: () => this.#open.give(at.path, file, stats) };
  }

  async #openObject(key: string): Promise<Omit<OpenObject, "release">> {
    const { calls } = this.#disk;
    for (;;) {
      const at = this.#find(key);
      const file = await this.#openFile(at);
      try {
        let stats = calls.fstatSync(file.fd);
        if (stats.isDirectory()) throw notFound(key);
        if (!stats.isFile()) throw notAFile(key);
        if (isSettling(stats)) stats = await settledStats(async () => calls.fstatSync(file.fd));
        const meta = await this.#withFacts(at, stats);
        if (meta !== undefined) return { file, stats, meta };
      } catch (error) {
        await file.close();
        throw error;
      }
      await file.close();
    }
  }

  async #openFile(at: Place): Promise<DataFile> {
    const { io, guard } = this.#disk;
    try {
      return await io.open(at.path, READ);
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) throw notFound(at.key);
      if (isFsError(error, "ENXIO", "ENODEV")) throw notAFile(at.key);
      // O_DIRECT on a folder.
      if (isFsError(error, "EISDIR")) throw notFound(at.key);
      if (!isFsError(error, "ELOOP", "EMLINK")) throw error;
    }
    const target = guard.followLink(at);
    if (target === undefined) throw notFound(at.key);
    return io.open(target, READ);
  }

  /** With what the sidecar tells; undefined if the object was replaced before that could be read. */
  async #withFacts(at: Place, stats: BigIntStats): Promise<ObjectMeta | undefined> {
    const meta = metaOf(at.key, stats);
    const { sidecars, publisher } = this.#disk;
    if (sidecars === undefined) return meta;
    const facts = await sidecars.read(at, contentTag(stats));
    if (facts !== undefined) return { ...meta, ...facts };
    const now = await publisher.current(at);
    return now !== undefined && !isSameContent(now, stats) ? undefined : meta;
  }
}

function mustBe(
  key: string,
  etag: string,
  options: Pick<GetOptions, "ifMatch" | "ifNoneMatch">,
): void {
  if (options.ifMatch !== undefined && options.ifMatch !== etag) {
    throw versionDiffers(key, options.ifMatch, etag);
  }
  if (options.ifNoneMatch === etag) throw notModified(key, etag);
}
