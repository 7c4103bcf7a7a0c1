import {
  type ByteRange,
  crc32c,
  mapErrors,
  objectKey,
  type ResolvedRange,
  validateRange,
} from "../core/index.js";
import { isLodeError, LodeError, throwIfAborted, toLodeError } from "../errors.js";
import type {
  Backend,
  CallOptions,
  ContainerInfo,
  CopyOptions,
  DeleteResult,
  GetOptions,
  GetResult,
  Layer,
  ListOptions,
  ListPage,
  MultipartOptions,
  MultipartUpload,
  ObjectMeta,
  PendingUpload,
  PresignOptions,
  PutBody,
  PutOptions,
  ReadIntoOptions,
  ReadIntoResult,
  WriteResult,
} from "./backend.js";
import type { Capabilities } from "./capabilities.js";
import { deleteInBatches } from "./delete-batches.js";
import { prefix } from "./layers/index.js";
import { ObjectWriter, type ObjectWriterOptions } from "./object-writer.js";
import { checkGetOptions, checkWriteOptions, requireCapability } from "./option-guard.js";
import { readRanges } from "./range-reads.js";
import { checksumFor, verifiedBody, verifyChecksum } from "./verified-body.js";

/** Reads of a damaged reply are tried this often before the damage is taken to be in the store. */
const READ_ATTEMPTS = 3;

/**
 * What users hold: one store of objects, the same on every provider. Validates before any I/O, adds
 * operation and URI to every error, and checks length and checksum of everything read. All
 * methods throw only `LodeError`.
 */
export class ObjectStore {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Where the store is, without credentials or trailing slash: `s3://bucket/prefix`. */
  get uri(): string {
    return this.#backend.uri;
  }

  get capabilities(): Capabilities {
    return this.#backend.capabilities;
  }

  /** The URI of one of its objects. */
  uriOf(key: string): string {
    return `${this.uri}/${key}`;
  }

  /** Opens an object for reading; the body must be consumed or ended by `return()`. */
  async get(key: string, options: GetOptions = {}): Promise<GetResult> {
    return this.#run("get", key, options, async () => {
      checkGetOptions(options);
      if (options.range !== undefined) validateRange(options.range);
      const result = await this.#backend.get(objectKey(key), options);
      const body = verifiedBody(result.body, result.meta, result.range);
      return { ...result, body: this.#guarded("get", key, body) };
    });
  }

  /** Fills `target` from its start with a range of the object, without a copy where that is possible. */
  async readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions = {},
  ): Promise<ReadIntoResult> {
    return this.#run("get", key, options, async () => {
      validateRange(range);
      if (range.end - range.start > target.length) {
        throw new LodeError({
          code: "invalid-argument",
          message: `a range of ${range.end - range.start} bytes does not fit into ${target.length}`,
        });
      }
      const result = await this.#readInto(objectKey(key), range, target, options);
      const expected = result.range.end - result.range.start;
      if (result.bytesRead !== expected) {
        throw new LodeError({
          code: "incomplete-read",
          retry: "safe",
          message: `reading ${JSON.stringify(key)} gave ${result.bytesRead} bytes where ${expected} were announced`,
        });
      }
      if (checksumFor(result.meta, result.range) !== undefined) {
        verifyChecksum(result.meta, result.range, crc32c(target.subarray(0, expected)));
      }
      return result;
    });
  }

  async #readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions,
  ): Promise<ReadIntoResult> {
    if (this.#backend.readInto !== undefined) {
      return this.#backend.readInto(key, range, target, options);
    }
    const result = await this.#backend.get(key, { ...options, range });
    let bytesRead = 0;
    for await (const chunk of result.body) {
      if (bytesRead + chunk.length > target.length) break;
      target.set(chunk, bytesRead);
      bytesRead += chunk.length;
    }
    return { meta: result.meta, range: result.range, bytesRead };
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectMeta> {
    return this.#run("head", key, options, () => this.#backend.head(objectKey(key), options));
  }

  /** True if the object is there; any failure but the provider's own not-found is thrown. */
  async exists(key: string, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.head(key, options);
      return true;
    } catch (error) {
      if (isLodeError(error, "not-found")) return false;
      throw error;
    }
  }

  /** The whole object, or a range of it, in memory; damage on the way is read again. */
  async bytes(
    key: string,
    options: GetOptions & { readonly range?: ByteRange | undefined } = {},
  ): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { body, range } = await this.get(key, options);
        const whole = new Uint8Array(range.end - range.start);
        let offset = 0;
        for await (const chunk of body) {
          whole.set(chunk, offset);
          offset += chunk.length;
        }
        return whole;
      } catch (error) {
        const again = isLodeError(error, "integrity", "incomplete-read") && error.retry === "safe";
        if (!again) throw error;
        if (attempt === READ_ATTEMPTS) throw error.with({ retry: "exhausted" });
      }
    }
  }

  /** The object as UTF-8 text; malformed bytes are `corrupt-format`, never replaced. */
  async text(key: string, options: GetOptions = {}): Promise<string> {
    const bytes = await this.bytes(key, options);
    return this.#run("get", key, options, async () => {
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch (cause) {
        throw corrupt(key, "UTF-8 text", cause);
      }
    });
  }

  /** The object parsed as JSON; anything else is `corrupt-format`. */
  async json(key: string, options: GetOptions = {}): Promise<unknown> {
    const text = await this.text(key, options);
    return this.#run("get", key, options, async () => {
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw corrupt(key, "JSON", cause);
      }
    });
  }

  /** Several ranges of one object, in the order asked; neighbours share a request. */
  async getRanges(
    key: string,
    ranges: readonly ResolvedRange[],
    options: ReadIntoOptions & { readonly maxGap?: number } = {},
  ): Promise<Uint8Array[]> {
    for (const range of ranges) validateRange(range);
    return readRanges(this, key, ranges, options);
  }

  /** Writes an object atomically: readers see the old one or the new one. */
  async put(key: string, body: PutBody | string, options: PutOptions = {}): Promise<WriteResult> {
    return this.#run("put", key, options, async () => {
      checkWriteOptions(this.capabilities, "put", options);
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      if (bytes.length > this.capabilities.maxPutBytes) {
        throw new LodeError({
          code: "invalid-argument",
          message: `a body of ${bytes.length} bytes is over the ${this.capabilities.maxPutBytes} of one put; use writable() or an upload in parts`,
        });
      }
      return this.#backend.put(objectKey(key), bytes, options);
    });
  }

  async startMultipart(key: string, options: MultipartOptions = {}): Promise<MultipartUpload> {
    return this.#run("put", key, options, async () => {
      requireCapability(this.capabilities, "multipart", "an upload in parts");
      checkWriteOptions(this.capabilities, "multipart", options);
      return this.#backend.startMultipart(objectKey(key), options);
    });
  }

  /** Takes up an upload in parts that another process began. */
  async resumeMultipart(
    key: string,
    id: string,
    options: MultipartOptions = {},
  ): Promise<MultipartUpload> {
    return this.#run("put", key, options, async () => {
      const resume = this.#optional("resumeMultipart", "resumableMultipart", "resuming an upload");
      checkWriteOptions(this.capabilities, "multipart", options);
      return resume.call(this.#backend, objectKey(key), id, options);
    });
  }

  /** The uploads in parts that were begun and neither completed nor aborted. */
  listMultiparts(
    options: CallOptions & { readonly prefix?: string | undefined } = {},
  ): AsyncIterable<PendingUpload> {
    const list = this.#optional("listMultiparts", "resumableMultipart", "listing of uploads");
    return this.#guarded("list", options.prefix, list.call(this.#backend, options));
  }

  /** A writer for a body of unknown length in bounded memory: one put if small, else parts. */
  writable(key: string, options: ObjectWriterOptions = {}): ObjectWriter {
    checkWriteOptions(this.capabilities, "multipart", options);
    return new ObjectWriter(this, objectKey(key), options);
  }

  /** The objects whose keys begin with `prefix`, in order of their keys. */
  async *list(options: Omit<ListOptions, "delimiter"> = {}): AsyncGenerator<ObjectMeta, void> {
    for await (const page of this.listPages(options)) yield* page.objects;
  }

  /** The listing page by page, with common prefixes where a delimiter is given. */
  listPages(options: ListOptions = {}): AsyncIterable<ListPage> {
    if (options.startAfter !== undefined) {
      requireCapability(this.capabilities, "listStartAfter", "startAfter");
    }
    const { pageSize } = options;
    if (pageSize !== undefined && !(Number.isInteger(pageSize) && pageSize > 0)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `a page of ${pageSize} entries cannot be asked for; give 1 to 1,000`,
      });
    }
    return this.#guarded("list", options.prefix, this.#backend.list(options));
  }

  /** Deletes one object; a missing one is no error. */
  async delete(key: string, options: CallOptions = {}): Promise<void> {
    await this.#run("delete", key, options, async () => {
      const [result] = await this.#backend.deleteMany([objectKey(key)], options);
      if (result?.error !== undefined) throw result.error;
    });
  }

  /** Deletes many objects in batches; tells what became of each key, in order. */
  deleteMany(
    keys: Iterable<string> | AsyncIterable<string>,
    options: CallOptions & { readonly concurrency?: number | undefined } = {},
  ): AsyncIterable<DeleteResult> {
    return this.#guarded("delete", undefined, deleteInBatches(this.#backend, keys, options));
  }

  /** Copies within the store, on the provider's side where it can. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<WriteResult> {
    return this.#run("copy", from, options, async () => {
      checkWriteOptions(this.capabilities, "copy", options);
      return this.#backend.copy(objectKey(from), objectKey(to), options);
    });
  }

  async rename(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    await this.#run("rename", from, options, async () => {
      const rename = this.#optional("rename", "rename", "renaming");
      checkWriteOptions(this.capabilities, "copy", options);
      await rename.call(this.#backend, objectKey(from), objectKey(to), options);
    });
  }

  /** A URL that lets its holder read or write the object for a while. It is a secret. */
  async presign(key: string, options: PresignOptions = {}): Promise<string> {
    return this.#run("presign", key, {}, async () => {
      const presign = this.#optional("presign", "presign", "a presigned URL");
      return presign.call(this.#backend, objectKey(key), options);
    });
  }

  /** Creates the bucket, container or folder; `already-exists` if it is there. */
  async createContainer(options: CallOptions = {}): Promise<void> {
    await this.#run("create-container", undefined, options, async () => {
      await this.#optional("createContainer", "containers", "a container").call(
        this.#backend,
        options,
      );
    });
  }

  /** Deletes the empty bucket, container or folder. */
  async deleteContainer(options: CallOptions = {}): Promise<void> {
    await this.#run("delete-container", undefined, options, async () => {
      await this.#optional("deleteContainer", "containers", "a container").call(
        this.#backend,
        options,
      );
    });
  }

  listContainers(options: CallOptions = {}): AsyncIterable<ContainerInfo> {
    const list = this.#optional("listContainers", "containers", "listing of containers");
    return this.#guarded("list-containers", undefined, list.call(this.#backend, options));
  }

  /** The part of the store whose keys begin with `path/`; its own keys go on after that. */
  sub(path: string): ObjectStore {
    const trimmed = path.replace(/\/$/, "");
    return trimmed === "" ? this : this.with(prefix(`${objectKey(trimmed)}/`));
  }

  /** The store behind further layers, the first one outermost. */
  with(...layers: readonly Layer[]): ObjectStore {
    return new ObjectStore(layers.reduceRight((inner, layer) => layer(inner), this.#backend));
  }

  /** Frees connections and buffers; calls under way may fail. */
  async close(): Promise<void> {
    await this.#backend.close?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #optional<N extends OptionalCall>(
    name: N,
    capability: keyof Capabilities,
    what: string,
  ): NonNullable<Backend[N]> {
    requireCapability(this.capabilities, capability, what);
    const call = this.#backend[name];
    if (call !== undefined) return call as NonNullable<Backend[N]>;
    throw new LodeError({
      code: "unsupported",
      message: `${what} is not supported by ${this.uri}`,
    });
  }

  async #run<T>(
    operation: string,
    key: string | undefined,
    options: CallOptions,
    call: () => Promise<T>,
  ): Promise<T> {
    try {
      throwIfAborted(options.signal, operation);
      return await call();
    } catch (error) {
      throw this.#failed(operation, key, error);
    }
  }

  #guarded<T>(
    operation: string,
    key: string | undefined,
    items: AsyncIterable<T>,
  ): AsyncIterable<T> {
    return mapErrors(items, (error) => this.#failed(operation, key, error));
  }

  #failed(operation: string, key: string | undefined, error: unknown): LodeError {
    return toLodeError(error, operation, key === undefined ? this.uri : this.uriOf(key));
  }
}

type OptionalCall =
  | "resumeMultipart"
  | "listMultiparts"
  | "rename"
  | "presign"
  | "createContainer"
  | "deleteContainer"
  | "listContainers";

function corrupt(key: string, format: string, cause: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `${JSON.stringify(key)} is not ${format}`,
    cause,
  });
}
