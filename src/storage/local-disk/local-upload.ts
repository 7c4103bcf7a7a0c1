import { constants } from "node:fs";
import { crc32cCombine, crc32c as crcOf } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import type {
  CallOptions,
  MultipartUpload,
  PutPartOptions,
  UploadedPart,
  WriteResult,
} from "../backend.js";
import type { DataFile } from "./data-io.js";
import { KeyedMutex } from "./keyed-mutex.js";
import type { LocalDisk } from "./local-disk.js";
import { joinParts, type PartSource, sealFile, unlessMissing } from "./part-joiner.js";
import type { Unpublished } from "./publisher.js";
import type { Place } from "./root-guard.js";
import { wrongChecksum } from "./store-errors.js";
import type { PartRecord, UploadHeader, UploadJournal, UploadPaths } from "./upload-journal.js";

export const MAX_PARTS = 100_000;

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/** What an upload is made of; `parts` are those that are whole already. */
export interface LocalUploadParts {
  readonly at: Place;
  readonly paths: UploadPaths;
  readonly header: UploadHeader;
  readonly journal: UploadJournal;
  readonly parts: readonly PartRecord[];
}

/**
 * An upload in parts. Parts of the announced size (that of part 1 where none was announced) go to their
 * final offset in one hidden file beside the object, all at once; `complete` then only has to
 * sync and rename it. Parts that do not fit (sent before the size is known, or longer) get files of their own, and
 * `complete` has to join them.
 */
export class LocalUpload implements MultipartUpload {
  readonly key: string;
  readonly id: string;
  readonly #disk: LocalDisk;
  readonly #at: Place;
  readonly #paths: UploadPaths;
  readonly #header: UploadHeader;
  readonly #journal: UploadJournal;
  readonly #parts = new Map<number, PartRecord>();
  /** Parts with a file of their own, also those that failed. */
  readonly #ownFiles = new Set<number>();
  readonly #mutex = new KeyedMutex();
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #fail: (error: unknown, operation: string) => LodeError;
  #partSize: number | undefined;
  #data: Promise<DataFile> | undefined;
  #state: "open" | "completing" | "completed" | "aborting" | "aborted" = "open";
  #result: WriteResult | undefined;

  constructor(
    disk: LocalDisk,
    upload: LocalUploadParts,
    fail: (error: unknown, operation: string) => LodeError,
  ) {
    this.#disk = disk;
    this.#at = upload.at;
    this.#paths = upload.paths;
    this.#header = upload.header;
    this.#journal = upload.journal;
    this.#fail = fail;
    this.key = upload.at.key;
    this.id = upload.paths.id;
    for (const part of upload.parts) {
      this.#parts.set(part.number, part);
      if (part.place === "own") this.#ownFiles.add(part.number);
    }
    const first = this.#parts.get(1);
    this.#partSize =
      upload.header.partSize ?? (first?.place === "data" ? first.size : undefined) ?? undefined;
  }

  async putPart(
    number: number,
    bytes: Uint8Array,
    options: PutPartOptions = {},
  ): Promise<UploadedPart> {
    if (!Number.isSafeInteger(number) || number < 1 || number > MAX_PARTS) {
      throw invalid(`part number ${number} is not a whole number from 1 to ${MAX_PARTS}`);
    }
    const work = this.#mutex.run(String(number), () => this.#putPart(number, bytes, options));
    this.#inFlight.add(work);
    try {
      return toPart(await work);
    } catch (error) {
      throw this.#fail(error, "putPart");
    } finally {
      this.#inFlight.delete(work);
    }
  }

  async listParts(): Promise<UploadedPart[]> {
    return this.#sorted().map(toPart);
  }

  complete(options: CallOptions = {}): Promise<WriteResult> {
    return this.#mutex.run("end", () => this.#complete(options));
  }

  abort(): Promise<void> {
    return this.#mutex.run("end", () => this.#abort());
  }

  async #complete(options: CallOptions): Promise<WriteResult> {
    if (this.#result !== undefined) return this.#result;
    this.#mustBeOpen();
    this.#state = "completing";
    await Promise.allSettled(this.#inFlight);
    try {
      const parts = this.#checkedParts();
      throwIfAborted(options.signal, "complete");
      this.#result = await this.#publish(parts, options.signal);
      this.#state = "completed";
    } catch (error) {
      this.#state = "open"; // as with S3, what was refused can be tried again or aborted
      throw this.#fail(error, "complete");
    }
    return this.#result;
  }

  async #abort(): Promise<void> {
    if (this.#state === "completed" || this.#state === "aborted") return;
    this.#state = "aborting";
    await Promise.allSettled(this.#inFlight);
    try {
      await this.#closeData();
      await this.#removeFiles();
      this.#state = "aborted"; // until here it can be tried again
      await this.#disk.tidy(this.#at.directory);
    } catch (error) {
      throw this.#fail(error, "abort");
    }
  }

  async #putPart(number: number, bytes: Uint8Array, options: PutPartOptions): Promise<PartRecord> {
    this.#mustBeOpen();
    throwIfAborted(options.signal, "putPart");
    const size = bytes.byteLength;
    const crc32c = crcOf(bytes);
    if (options.crc32c !== undefined && options.crc32c >>> 0 !== crc32c) {
      throw wrongChecksum(this.key, options.crc32c >>> 0, crc32c);
    }
    if (number === 1 && size > 0) this.#partSize ??= size;
    const partSize = this.#partSize;
    const place = partSize !== undefined && size > 0 && size <= partSize ? "data" : "own";
    this.#parts.delete(number);
    if (place === "data") {
      const file = await this.#file();
      await file.write(bytes, (number - 1) * (partSize as number));
      if (this.#disk.sync === "full") await this.#disk.calls.fdatasync(file.fd);
    } else {
      this.#ownFiles.add(number);
      await this.#writeOwn(this.#paths.part(number), bytes);
    }
    const record: PartRecord = { number, size, crc32c, place };
    await this.#journal.record(record);
    this.#parts.set(number, record);
    return record;
  }

  async #writeOwn(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#disk.io.open(path, O_CREAT | O_RDWR | O_NOFOLLOW, 0o666);
    try {
      await file.write(bytes, 0);
      await file.setSize(bytes.byteLength);
      if (this.#disk.sync === "full") await this.#disk.calls.fdatasync(file.fd);
    } finally {
      await file.close();
    }
  }

  async #publish(
    parts: readonly PartRecord[],
    signal: AbortSignal | undefined,
  ): Promise<WriteResult> {
    const mode = this.#header.mode ?? "overwrite";
    await this.#disk.publisher.check(this.#at, mode);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const finished = this.#isInPlace(parts)
      ? await this.#finishData(size)
      : await this.#join(parts, signal);
    const etag = await this.#disk.publish(finished, this.#at, this.#header, mode, signal);
    await this.#disk.syncEntry(this.#at.directory);
    await this.#removeFiles().catch((error: unknown) => {
      this.#disk.onWarning({
        code: "leftover",
        message: `files of the finished upload ${this.#paths.journal} could not be removed: ${String(error)}`,
      });
    });
    const crc32c = parts.reduce((crc, part) => crc32cCombine(crc, part.crc32c, part.size), 0);
    return { etag, size, crc32c };
  }

  async #finishData(size: number): Promise<Unpublished> {
    const file = await this.#file();
    await file.setSize(size);
    const stats = await sealFile(this.#disk, file);
    await this.#closeData();
    return { path: this.#paths.data, stats };
  }

  #isInPlace(parts: readonly PartRecord[]): boolean {
    return parts.every((part, index) => {
      const isLast = index === parts.length - 1;
      return part.place === "data" && (isLast || part.size === this.#partSize);
    });
  }

  async #join(parts: readonly PartRecord[], signal: AbortSignal | undefined): Promise<Unpublished> {
    const open = async (part: PartRecord): Promise<PartSource> => {
      if (part.place === "data") {
        const start = (part.number - 1) * (this.#partSize as number);
        return { file: await this.#file(), start, close: async () => {} };
      }
      const path = this.#paths.part(part.number);
      const file = await this.#disk.io.open(path, O_RDWR | O_NOFOLLOW);
      return { file, start: 0, close: () => file.close() };
    };
    const stats = await joinParts(this.#disk, this.#paths.joined, parts, open, signal);
    await this.#closeData();
    return { path: this.#paths.joined, stats };
  }

  #file(): Promise<DataFile> {
    // With parts in it the file must be there: a new one would be published full of zeros.
    const isNew = !this.#sorted().some((part) => part.place === "data");
    const flags = O_RDWR | O_NOFOLLOW | (isNew ? O_CREAT : 0);
    if (this.#data !== undefined) return this.#data;
    const opening = this.#disk.io.open(this.#paths.data, flags, 0o666);
    this.#data = opening;
    // What could not be opened may be opened by the next try.
    opening.catch(() => {
      if (this.#data === opening) this.#data = undefined;
    });
    return opening;
  }

  async #closeData(): Promise<void> {
    const data = this.#data;
    this.#data = undefined;
    // A file that could not be opened needs no closing; whoever asked for it was told.
    await (await data?.catch(() => undefined))?.close();
  }

  /** The journal goes last: without it nobody would find the others. */
  async #removeFiles(): Promise<void> {
    const { calls } = this.#disk;
    for (const number of this.#ownFiles) {
      await calls.unlink(this.#paths.part(number)).catch(unlessMissing);
    }
    await calls.unlink(this.#paths.joined).catch(unlessMissing);
    await calls.unlink(this.#paths.data).catch(unlessMissing);
    await this.#journal.close();
    await calls.unlink(this.#paths.journal).catch(unlessMissing);
  }

  #sorted(): PartRecord[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  #checkedParts(): PartRecord[] {
    const parts = this.#sorted();
    const gap = parts.findIndex((part, index) => part.number !== index + 1);
    if (parts.length === 0 || gap >= 0) {
      throw invalid(`part ${Math.max(gap, 0) + 1} of the upload is missing; put it, then complete`);
    }
    return parts;
  }

  #mustBeOpen(): void {
    if (this.#state === "open") return;
    throw new LodeError({
      code: "not-found",
      message: `the upload ${this.id} of ${JSON.stringify(this.key)} is ${this.#state}`,
    });
  }
}

function toPart({ number, size, crc32c }: PartRecord): UploadedPart {
  return { number, size, crc32c, etag: `${crc32c.toString(16).padStart(8, "0")}-${size}` };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
