import type { ResolvedRange } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import type {
  Backend,
  CallOptions,
  ContainerInfo,
  CopyOptions,
  DeleteResult,
  GetOptions,
  GetResult,
  ListOptions,
  ListPage,
  MultipartOptions,
  MultipartUpload,
  ObjectMeta,
  PendingUpload,
  PutBody,
  PutOptions,
  ReadIntoOptions,
  ReadIntoResult,
  WriteResult,
} from "../backend.js";
import type { Capabilities } from "../capabilities.js";
import { cleanUp } from "./clean-up.js";
import { createFolder, deleteFolder, listFolders } from "./folder-containers.js";
import { mapFsError } from "./fs-error.js";
import { LocalDisk, type LocalDiskOptions } from "./local-disk.js";
import { ObjectMover } from "./object-mover.js";
import { ObjectReader } from "./object-reader.js";
import { ObjectWriter } from "./object-writer.js";
import { listUploads, resumeUpload, startUpload } from "./pending-uploads.js";
import { TreeListing } from "./tree-listing.js";

/** The verbs of a store in a folder; what differs between the stores is how their files do I/O. */
export class LocalDiskBackend implements Backend {
  readonly scheme: string;
  readonly uri: string;
  readonly capabilities: Capabilities;
  protected readonly disk: LocalDisk;
  readonly #reader: ObjectReader;
  readonly #writer: ObjectWriter;
  readonly #mover: ObjectMover;

  constructor(scheme: string, capabilities: Capabilities, options: LocalDiskOptions) {
    this.scheme = scheme;
    this.uri = `${scheme}://${options.root === "/" ? "" : options.root}`;
    this.capabilities = capabilities;
    this.disk = new LocalDisk(options);
    this.#reader = new ObjectReader(this.disk);
    this.#writer = new ObjectWriter(this.disk);
    this.#mover = new ObjectMover(this.disk, this.#reader, this.#writer);
  }

  get(key: string, options: GetOptions = {}): Promise<GetResult> {
    const fail = (error: unknown): LodeError => this.#fail(error, "get", key);
    return this.#run("get", key, options, () => this.#reader.get(key, options, fail));
  }

  readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions = {},
  ): Promise<ReadIntoResult> {
    const read = (): Promise<ReadIntoResult> => {
      if (range.end - range.start > target.byteLength) {
        throw new LodeError({
          code: "invalid-argument",
          message: `a range of ${range.end - range.start} bytes does not fit into a target of ${target.byteLength}`,
        });
      }
      return this.#reader.readInto(key, range, target, options);
    };
    return this.#run("readInto", key, options, read);
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectMeta> {
    return this.#run("head", key, options, () => this.#reader.head(key));
  }

  put(key: string, body: PutBody, options: PutOptions = {}): Promise<WriteResult> {
    return this.#run("put", key, options, () => this.#writer.put(key, body, options));
  }

  startMultipart(key: string, options: MultipartOptions = {}): Promise<MultipartUpload> {
    return this.#run("startMultipart", key, options, () =>
      startUpload(this.disk, key, options, this.#failOf(key)),
    );
  }

  resumeMultipart(
    key: string,
    id: string,
    options: MultipartOptions = {},
  ): Promise<MultipartUpload> {
    return this.#run("resumeMultipart", key, options, () =>
      resumeUpload(this.disk, key, id, options, this.#failOf(key)),
    );
  }

  listMultiparts(
    options: CallOptions & { readonly prefix?: string | undefined } = {},
  ): AsyncIterable<PendingUpload> {
    const uploads = listUploads(this.disk, options.prefix ?? "", options);
    return this.#iterate("listMultiparts", uploads);
  }

  list(options: ListOptions = {}): AsyncIterable<ListPage> {
    const listing = new TreeListing(this.disk.calls, this.disk.guard, options);
    return this.#iterate("list", listing.pages());
  }

  deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteResult[]> {
    return this.#run("deleteMany", undefined, options, () =>
      this.#mover.deleteMany(keys, options.signal, (error, key) =>
        this.#fail(error, "delete", key),
      ),
    );
  }

  copy(from: string, to: string, options: CopyOptions = {}): Promise<WriteResult> {
    return this.#run("copy", from, options, () => this.#mover.copy(from, to, options));
  }

  rename(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    return this.#run("rename", from, options, () => this.#mover.rename(from, to, options));
  }

  /** Makes the root with all folders above it. Throws `already-exists`. */
  createContainer(options: CallOptions = {}): Promise<void> {
    return this.#run("createContainer", undefined, options, () => createFolder(this.disk));
  }

  /** Removes the root, which must hold nothing (`precondition-failed`). */
  deleteContainer(options: CallOptions = {}): Promise<void> {
    return this.#run("deleteContainer", undefined, options, () => deleteFolder(this.disk));
  }

  /** The folders that lie where the root lies, itself among them. */
  listContainers(options: CallOptions = {}): AsyncIterable<ContainerInfo> {
    return this.#iterate("listContainers", listFolders(this.disk, options));
  }

  /**
   * Removes what dead processes left anywhere in the store (a write does that for its own folder). Returns
   * how many files. Uploads in parts stay: they can be resumed.
   */
  removeLeftovers(options: CallOptions = {}): Promise<number> {
    return this.#run("removeLeftovers", undefined, options, () =>
      cleanUp(this.disk, options.signal),
    );
  }

  async close(): Promise<void> {
    try {
      await this.#reader.close();
      await this.disk.close();
    } catch (error) {
      throw this.#fail(error, "close");
    }
  }

  async #run<T>(
    operation: string,
    key: string | undefined,
    options: CallOptions,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      throwIfAborted(options.signal, operation);
      return await work();
    } catch (error) {
      throw this.#fail(error, operation, key);
    }
  }

  async *#iterate<T>(operation: string, items: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* items;
    } catch (error) {
      throw this.#fail(error, operation);
    }
  }

  #failOf(key: string): (error: unknown, operation: string) => LodeError {
    return (error, operation) => this.#fail(error, operation, key);
  }

  #fail(error: unknown, operation: string, key?: string): LodeError {
    return mapFsError(error, operation, key === undefined ? this.uri : `${this.uri}/${key}`);
  }
}
