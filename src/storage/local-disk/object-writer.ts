import { constants } from "node:fs";
import { crc32c as crcOf } from "../../core/index.js";
import type { PutBody, PutOptions, WriteOptions, WriteResult } from "../backend.js";
import { BufferedFile } from "./buffered-io.js";
import type { DataFile } from "./data-io.js";
import { isFsError } from "./fs-error.js";
import { FOLDER_TRIES, type LocalDisk } from "./local-disk.js";
import { type LocalKey, localKey } from "./local-key.js";
import { etagOf, isSameContent, stampFile } from "./object-version.js";
import type { Unpublished } from "./publisher.js";
import type { Place } from "./root-guard.js";
import { factsOf } from "./sidecars.js";
import { wrongChecksum } from "./store-errors.js";
import { temporaryPath } from "./temporary-file.js";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_WRONLY } = constants;
const NEW_FILE = O_CREAT | O_EXCL | O_NOFOLLOW;

/** Puts and copies: write aside, check, sync, publish; on any failure nothing is left. */
export class ObjectWriter {
  readonly #disk: LocalDisk;

  constructor(disk: LocalDisk) {
    this.#disk = disk;
  }

  async put(key: string, body: PutBody, options: PutOptions): Promise<WriteResult> {
    const target = localKey(key);
    const small = this.#putSmall(target, body, options);
    if (small !== undefined) return small;
    return this.#write(target, options, async (path) => {
      const file = await this.#disk.io.open(path, O_WRONLY | NEW_FILE, 0o666);
      return this.#finish(file, async () => {
        const written = await file.writeBody(body, options.signal);
        if (options.crc32c !== undefined && written.crc32c !== options.crc32c >>> 0) {
          throw wrongChecksum(key, options.crc32c >>> 0, written.crc32c);
        }
        return written;
      });
    });
  }

  /**
   * Copies the file at the real path `from` without its bytes passing through this process;
   * `check` is called before publishing and throws if the copy is not to be used.
   */
  async copy(
    from: string,
    key: string,
    options: WriteOptions,
    check: () => Promise<void>,
  ): Promise<WriteResult> {
    const { calls } = this.#disk;
    return this.#write(localKey(key), options, async (path) => {
      // FICLONE shares the blocks where the file system can, and else copies inside the kernel.
      const { COPYFILE_EXCL, COPYFILE_FICLONE } = constants;
      await calls.copyFile(from, path, COPYFILE_EXCL | COPYFILE_FICLONE);
      await check();
      const file = new BufferedFile(calls, await calls.open(path, O_RDWR | O_NOFOLLOW));
      return this.#finish(file, async () => ({ size: Number(calls.fstatSync(file.fd).size) }));
    });
  }

  /** Runs `fill` on an open file, stamps, syncs and closes it, in any case. */
  async #finish<W extends { size: number; crc32c?: number }>(
    file: DataFile,
    fill: () => Promise<W>,
  ): Promise<W & { stats: Unpublished["stats"] }> {
    const { calls, sync } = this.#disk;
    let result: W & { stats: Unpublished["stats"] };
    try {
      const written = await fill();
      stampFile(calls, file.fd);
      if (sync === "full") await calls.fsync(file.fd);
      result = { ...written, stats: calls.fstatSync(file.fd) };
    } catch (error) {
      await file.close().catch(() => {}); // the first failure is the one to tell
      throw error;
    }
    await file.close();
    return result;
  }

  async #write(
    target: LocalKey,
    options: WriteOptions,
    fill: (path: string) => Promise<{ size: number; crc32c?: number; stats: Unpublished["stats"] }>,
  ): Promise<WriteResult> {
    const mode = options.mode ?? "overwrite";
    const { at, path, written } = await this.#writeAside(target, options, fill);
    const file = { path, stats: written.stats };
    let etag: string;
    try {
      etag = await this.#disk.publish(file, at, factsOf(options), mode, options.signal);
    } catch (error) {
      await this.#discard(at, path);
      throw error;
    }
    await this.#disk.syncEntry(at.directory);
    const { size, crc32c } = written;
    return { etag, size, ...(crc32c === undefined ? {} : { crc32c }) };
  }

  async #writeAside<W>(
    target: LocalKey,
    options: WriteOptions,
    fill: (path: string) => Promise<W>,
  ): Promise<{ at: Place; path: string; written: W }> {
    for (let tries = 1; ; tries++) {
      const at = this.#disk.place(target);
      const path = temporaryPath(at.directory);
      try {
        await this.#disk.publisher.check(at, options.mode ?? "overwrite");
        return { at, path, written: await fill(path) };
      } catch (error) {
        await this.#discard(at, path);
        if (!isFsError(error, "ENOENT") || tries >= FOLDER_TRIES) throw error;
      }
    }
  }

  /** Removes what a failed write left; a leftover that cannot be removed is told as a warning. */
  async #discard(at: Place, path: string): Promise<void> {
    try {
      await this.#disk.calls.unlink(path).catch(unlessMissing);
      await this.#disk.tidy(at.directory);
    } catch (error) {
      this.#disk.onWarning({
        code: "leftover",
        message: `the temporary file ${path} could not be removed: ${String(error)}`,
      });
    }
  }

  /**
   * A small object without syncing by plain synchronous calls: about 20 microseconds, where the same calls
   * through the thread pool take several times that. Undefined if it has to go the long way.
   */
  #putSmall(target: LocalKey, body: PutBody, options: PutOptions): WriteResult | undefined {
    const disk = this.#disk;
    const { calls } = disk;
    const mode = options.mode ?? "overwrite";
    if (!(body instanceof Uint8Array) || body.byteLength > disk.io.smallBytes) return undefined;
    if (disk.sync === "full" || disk.sidecars !== undefined || typeof mode === "object") {
      return undefined;
    }
    const crc32c = crcOf(body);
    if (options.crc32c !== undefined && crc32c !== options.crc32c >>> 0) {
      throw wrongChecksum(target.key, options.crc32c >>> 0, crc32c);
    }
    const at = disk.place(target);
    if (disk.lock.isHeld(at)) return undefined;
    const path = temporaryPath(at.directory);
    let there = false;
    try {
      const fd = calls.openSync(path, O_WRONLY | NEW_FILE, 0o666);
      there = true;
      const stats = writeWhole(disk, fd, body);
      if (mode === "create") {
        calls.linkSync(path, at.path);
        calls.unlinkSync(path);
      } else {
        calls.renameSync(path, at.path);
      }
      there = false;
      const now = calls.lstatSync(at.path);
      const etag = etagOf(isSameContent(now, stats) ? now : stats);
      return { etag, size: body.byteLength, crc32c };
    } catch (error) {
      if (there) calls.unlinkSync(path);
      // A folder in the way or one removed under us: the long way knows what to do.
      const other = ["ENOENT", "EISDIR", "EEXIST", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];
      if (isFsError(error, ...other)) return undefined;
      throw error;
    }
  }
}

function writeWhole(disk: LocalDisk, fd: number, body: Uint8Array): Unpublished["stats"] {
  const { calls } = disk;
  let stats: Unpublished["stats"];
  try {
    for (let done = 0; done < body.byteLength; ) {
      done += calls.writeSync(fd, body.subarray(done), done);
    }
    stampFile(calls, fd);
    stats = calls.fstatSync(fd);
  } catch (error) {
    try {
      calls.closeSync(fd);
    } catch (closing) {
      // The first failure is the one to tell; a descriptor is gone even if its close failed.
      if (!isFsError(closing, "EIO", "ENOSPC", "EDQUOT", "EINTR")) throw closing;
    }
    throw error;
  }
  calls.closeSync(fd);
  return stats;
}

function unlessMissing(error: unknown): void {
  if (!isFsError(error, "ENOENT")) throw error;
}
