import { constants } from "node:fs";
import { ALIGNMENT, type AlignedSource, allocateAligned } from "../../../core/index.js";
import {
  BufferedFile,
  type DataFile,
  type DataIo,
  type FsCalls,
  isFsError,
} from "../../local-disk/index.js";
import { AlignedPool } from "./aligned-pool.js";
import type { DirectContext } from "./direct-context.js";
import { DirectFile } from "./direct-file.js";

export interface DirectIoOptions {
  readonly calls: FsCalls;
  /** Bytes of one transfer. */
  readonly blockBytes: number;
  /** Transfers of one file side by side. */
  readonly depth: number;
  /** Bound of the blocks that are lent or kept, in bytes. */
  readonly poolBytes: number;
  /** Called once, when the file system refuses O_DIRECT. */
  readonly onRefused: (why: string) => void;
}

/** Absent where the system has no such flag. */
const O_DIRECT = constants.O_DIRECT as number | undefined;

/** Reads and writes past the page cache, or through it where the file system refuses. */
export class DirectIo implements DataIo, DirectContext {
  /** Less than one aligned unit cannot go directly in any case. */
  readonly smallBytes = ALIGNMENT - 1;
  readonly calls: FsCalls;
  readonly depth: number;
  readonly alignedBuffers = new WeakMap<ArrayBufferLike, boolean>();
  readonly #options: DirectIoOptions;
  #pool: AlignedPool;
  #mode: "direct" | "buffered" = "direct";
  #probe: Promise<void> | undefined;

  constructor(options: DirectIoOptions) {
    this.#options = options;
    this.calls = options.calls;
    this.depth = options.depth;
    this.#pool = new AlignedPool(options.blockBytes, options.poolBytes, "resizable");
  }

  get mode(): "direct" | "buffered" {
    return this.#mode;
  }

  get pool(): AlignedPool {
    return this.#pool;
  }

  async open(path: string, flags: number, mode?: number): Promise<DataFile> {
    if (O_DIRECT === undefined) this.refuse("this operating system has no O_DIRECT");
    if (this.#mode === "buffered") return this.#openBuffered(path, flags, mode);
    let fd: number;
    try {
      fd = await this.calls.open(path, flags | (O_DIRECT as number), mode);
    } catch (error) {
      if (!isFsError(error, "EINVAL", "ENOTSUP")) throw error;
      // Linux creates the file before it looks at the flag (open(2)).
      if ((flags & constants.O_EXCL) !== 0) await this.#removeEmpty(path);
      const file = await this.#openBuffered(path, flags, mode);
      // Folders and devices are refused everywhere: their reader is told what they are.
      const isFile = this.calls.fstatSync(file.fd).isFile();
      if (isFile) this.refuse("it refuses to open files with O_DIRECT");
      return file;
    }
    try {
      await this.#probeOnce(fd, flags);
    } catch (error) {
      await this.calls.close(fd).catch(() => {}); // the first failure is the one to tell
      throw error;
    }
    return new DirectFile(this, fd, flags);
  }

  refuse(why: string): void {
    if (this.#mode === "buffered") return;
    this.#mode = "buffered";
    this.#pool.clear();
    this.#options.onRefused(why);
  }

  close(): void {
    this.#pool.clear();
  }

  async #openBuffered(path: string, flags: number, mode?: number): Promise<DataFile> {
    return new BufferedFile(this.calls, await this.calls.open(path, flags, mode));
  }

  async #removeEmpty(path: string): Promise<void> {
    try {
      await this.calls.unlink(path);
    } catch (error) {
      if (!isFsError(error, "ENOENT")) throw error;
    }
  }

  /** The first file shows whether the system takes our memory. A new file is cut to size later anyway. */
  async #probeOnce(fd: number, flags: number): Promise<void> {
    if (this.#probe === undefined && !this.calls.fstatSync(fd).isFile()) return;
    this.#probe ??= this.#tryMemory(fd, flags).catch((error: unknown) => {
      this.#probe = undefined;
      throw error;
    });
    await this.#probe;
  }

  async #tryMemory(fd: number, flags: number): Promise<void> {
    for (const source of ["resizable", "wasm"] as const satisfies AlignedSource[]) {
      const memory = allocateAligned(ALIGNMENT, source);
      try {
        if ((flags & constants.O_EXCL) === 0) await this.calls.read(fd, memory, 0);
        else await this.calls.write(fd, memory, 0);
      } catch (error) {
        if (!isFsError(error, "EINVAL")) throw error;
        continue;
      }
      const { blockBytes, poolBytes } = this.#options;
      if (source !== "resizable") this.#pool = new AlignedPool(blockBytes, poolBytes, source);
      return;
    }
    this.refuse("it does not take transfers of aligned memory");
  }
}
