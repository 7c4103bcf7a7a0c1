import { createContext, Script } from "node:vm";
import { isLodeError, LodeError } from "../../errors.js";

type Package = typeof import("h5wasm");
export type Hdf5Module = Awaited<Package["ready"]>;

/** A file in memory, or one that is read by ranges, such as a file descriptor with `fs.readSync`. */
export type Hdf5Source =
  | Uint8Array
  | {
      /** In bytes. */
      readonly size: number;
      /** Fills `target` with the bytes from `position` on. HDF5's library reads while it works, so that it cannot wait. */
      readonly readInto: (target: Uint8Array, position: number) => void;
    };

let current: Promise<Hdf5Library> | undefined;
let instances = 0;

/** The library, loaded once, and again after a file has broken it. */
export async function loadHdf5(): Promise<Hdf5Library> {
  current ??= load();
  const loading = current;
  const library = await loading;
  if (!library.broken) return library;
  if (current === loading) current = undefined;
  return loadHdf5();
}

/**
 * The build of h5wasm for browsers, whose file system is memory: the one for Node would let a file that is read name
 * others of this machine as its external storage.
 */
async function load(): Promise<Hdf5Library> {
  instances++;
  const url = import.meta.resolve("h5wasm");
  const package_ = (await import(instances === 1 ? url : `${url}?${instances}`)) as Package;
  return new Hdf5Library(package_, await package_.ready);
}

/** The parts of Emscripten's file system that are used. */
interface FileNode {
  usedBytes: number;
  contents: Uint8Array;
  stream_ops: object;
}

interface FileSystem {
  readonly ErrnoError: new (errno: number) => Error;
  create(path: string, mode: number): FileNode;
  getStream(fd: number): { stream_ops: object };
  readFile(path: string): Uint8Array;
  unlink(path: string): void;
}

const EIO = 29;
const STDERR = 2;

/** One instance of HDF5's library, in memory of its own. */
export class Hdf5Library {
  readonly package: Package;
  readonly module: Hdf5Module;
  readonly #files: FileSystem;
  /** What it printed: its chain of errors. */
  #said = "";
  #sourceError: unknown;
  /** Whether a call was interrupted, so that what it holds may be inconsistent. */
  broken = false;

  constructor(package_: Package, module: Hdf5Module) {
    this.package = package_;
    this.module = module;
    this.#files = module.FS as unknown as FileSystem;
    const stderr = this.#files.getStream(STDERR);
    stderr.stream_ops = {
      ...stderr.stream_ops,
      write: (_: unknown, buffer: Int8Array, offset: number, length: number) => {
        this.#said += Buffer.from(buffer.subarray(offset, offset + length)).toString("latin1");
        return length;
      },
    };
  }

  /** A path that no other file has, and none can guess. */
  newPath(): string {
    return `/${crypto.randomUUID()}.h5`;
  }

  /** Opens a source as a file of the library's file system, to be released. */
  open(source: Hdf5Source, maxMs: number): { readonly path: string; readonly id: bigint } {
    const path = this.#mount(source);
    try {
      const id = this.call("opening it", maxMs, (module) => {
        const opened = module.open(path, module.H5F_ACC_RDONLY, false, -1, -1);
        if (opened < 0n) throw new Error("it is no HDF5 file");
        return opened;
      });
      return { path, id };
    } catch (error) {
      this.#files.unlink(path);
      throw error;
    }
  }

  /** A broken library is given up as a whole. */
  release(path: string, id: bigint): void {
    if (this.broken) return;
    try {
      this.module.close_file(id);
      this.#files.unlink(path);
    } catch {
      // Nothing is lost with a file that was only read; the next one gets another library.
      this.broken = true;
    }
  }

  /** Makes a source a file of the library's file system. */
  #mount(source: Hdf5Source): string {
    const path = this.newPath();
    const node = this.#files.create(path, 0o444);
    const size = source instanceof Uint8Array ? source.length : source.size;
    node.usedBytes = size;
    node.contents = new Uint8Array(0);
    node.stream_ops = {
      ...node.stream_ops,
      read: (_: unknown, buffer: Int8Array, offset: number, length: number, position: number) => {
        const count = Math.max(0, Math.min(length, size - position));
        const target = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, count);
        this.#readInto(source, target, position);
        return count;
      },
    };
    return path;
  }

  /** What was written under a path, which is then free. */
  take(path: string): Uint8Array {
    const bytes = this.#files.readFile(path);
    this.#files.unlink(path);
    return bytes;
  }

  /**
   * Runs work on the library and gives its result. Throws `corrupt-format` with the library's own reason if it throws
   * or runs for longer than `maxMs`, and what the source threw while it was read.
   */
  call<T>(what: string, maxMs: number, work: (module: Hdf5Module) => T): T {
    this.#said = "";
    this.#sourceError = undefined;
    try {
      const result = runBounded(maxMs, () => work(this.module));
      if (this.#sourceError === undefined) return result;
      throw this.#sourceError;
    } catch (error) {
      if (this.#sourceError !== undefined) throw this.#sourceError;
      if (isLodeError(error)) throw error;
      // h5wasm throws plain errors between calls to HDF5; anything else came from within.
      this.broken = !(error instanceof Error && error.constructor === Error);
      throw new LodeError({
        code: "corrupt-format",
        message: `the HDF5 file cannot be read: ${what} failed: ${this.takeReason() ?? describe(error)}`,
        cause: error,
      });
    }
  }

  /** The innermost of the errors that the library told of since it was last asked, or since the call began. */
  takeReason(): string | undefined {
    const lines = [...this.#said.matchAll(/^ *#\d+: .*?\(\): (.*)$/gm)];
    this.#said = "";
    return lines.at(-1)?.[1];
  }

  /** Throws if the library told of an error, which h5wasm does not always look at. */
  checkReason(): void {
    const reason = this.takeReason();
    if (reason !== undefined) throw new Error(reason);
  }

  #readInto(source: Hdf5Source, target: Uint8Array, position: number): void {
    if (source instanceof Uint8Array) {
      target.set(source.subarray(position, position + target.length));
      return;
    }
    try {
      if (target.length > 0) source.readInto(target, position);
    } catch (error) {
      this.#sourceError = error;
      throw new this.#files.ErrnoError(EIO);
    }
  }
}

const context = createContext({ work: undefined });
const script = new Script("work()");

/** Calls `work` and interrupts it after a time: nothing else stops a loop in WebAssembly on the same thread. */
function runBounded<T>(timeout: number, work: () => T): T {
  context.work = work;
  try {
    return script.runInContext(context, { timeout }) as T;
  } finally {
    context.work = undefined;
  }
}

function describe(error: unknown): string {
  const { code, message = String(error) } = error as { code?: unknown; message?: string };
  return code === "ERR_SCRIPT_EXECUTION_TIMEOUT" ? "it does not come to an end" : message;
}
