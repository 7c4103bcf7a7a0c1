import {
  type ResolvedRange,
  resolveRange,
  validateAttributes,
  validateRange,
} from "../../../core/index.js";
import { throwIfAborted } from "../../../errors.js";
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
  WriteMode,
  WriteOptions,
  WriteResult,
} from "../../backend.js";
import type { Capabilities } from "../../capabilities.js";
import { collectBody, readBody } from "./body.js";
import { MEMORY_CAPABILITIES } from "./capabilities.js";
import { checkMemoryConfig, type MemoryConfig } from "./config.js";
import { memoryError } from "./error-map.js";
import { listStore } from "./listing.js";
import { MemoryStore, memoryStores, type StoredObject } from "./memory-store.js";
import { MemoryMultipart } from "./multipart.js";

/**
 * The store `mem://name`, which lives as long as the process: made if there is none, else the same
 * one. {@link dropMemoryStore} forgets it.
 */
export async function openMemoryBackend(config: MemoryConfig): Promise<MemoryBackend> {
  checkMemoryConfig(config);
  if (!memoryStores.has(config.name)) memoryStores.set(config.name, new MemoryStore());
  return new MemoryBackend(config.name);
}

/** The reference backend: it decides at one moment, between two awaits, so every call is atomic. */
export class MemoryBackend implements Backend {
  readonly scheme = "mem";
  readonly uri: string;
  readonly capabilities: Capabilities = MEMORY_CAPABILITIES;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.uri = `mem://${name}`;
  }

  async get(key: string, options: GetOptions = {}): Promise<GetResult> {
    throwIfAborted(options.signal, "get");
    if (options.range !== undefined) validateRange(options.range);
    const { meta, bytes } = this.#object(key, "get", options);
    const range = resolveRange(options.range, meta.size);
    return { meta, range, body: readBody(bytes.subarray(range.start, range.end), options.signal) };
  }

  async readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions = {},
  ): Promise<ReadIntoResult> {
    throwIfAborted(options.signal, "read");
    validateRange(range);
    if (range.end - range.start > target.length) {
      throw memoryError("targetTooSmall", "read", this.uriOf(key));
    }
    const { meta, bytes } = this.#object(key, "read", options);
    const resolved = resolveRange(range, meta.size);
    target.set(bytes.subarray(resolved.start, resolved.end));
    return { meta, range: resolved, bytesRead: resolved.end - resolved.start };
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectMeta> {
    throwIfAborted(options.signal, "head");
    return this.#object(key, "head").meta;
  }

  async put(key: string, body: PutBody, options: PutOptions = {}): Promise<WriteResult> {
    throwIfAborted(options.signal, "put");
    validateAttributes(options);
    // Told before the body is read; decided when it is published.
    this.#checkMode(key, options.mode, "put");
    const { bytes, crc } = await collectBody(body, options.crc32c, {
      operation: "put",
      uri: this.uriOf(key),
      signal: options.signal,
    });
    throwIfAborted(options.signal, "put");
    return this.publish(key, bytes, crc, options, "put");
  }

  async startMultipart(key: string, options: MultipartOptions = {}): Promise<MultipartUpload> {
    throwIfAborted(options.signal, "start upload of");
    validateAttributes(options);
    const store = this.store("start upload of");
    const upload = {
      key,
      id: store.nextVersion(),
      startedAt: new Date(),
      options,
      parts: new Map(),
    };
    store.uploads.set(upload.id, upload);
    return new MemoryMultipart(this, upload);
  }

  async resumeMultipart(
    key: string,
    id: string,
    options: MultipartOptions = {},
  ): Promise<MultipartUpload> {
    throwIfAborted(options.signal, "resume upload of");
    const upload = this.store("resume upload of").uploads.get(id);
    if (upload?.key !== key) {
      throw memoryError("missingUpload", "resume upload of", this.uriOf(key), { id });
    }
    return new MemoryMultipart(this, upload);
  }

  async *listMultiparts(
    options: CallOptions & { readonly prefix?: string | undefined } = {},
  ): AsyncIterable<PendingUpload> {
    for (const { key, id, startedAt } of [...this.store("list uploads of").uploads.values()]) {
      throwIfAborted(options.signal, "list uploads of");
      if (key.startsWith(options.prefix ?? "")) yield { key, id, startedAt };
    }
  }

  async *list(options: ListOptions = {}): AsyncIterable<ListPage> {
    throwIfAborted(options.signal, "list");
    for (const page of listStore(this.store("list"), options)) {
      yield page;
      throwIfAborted(options.signal, "list");
    }
  }

  async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteResult[]> {
    throwIfAborted(options.signal, "delete");
    const store = this.store("delete");
    for (const key of keys) store.delete(key);
    return keys.map((key) => ({ key }));
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<WriteResult> {
    throwIfAborted(options.signal, "copy");
    validateAttributes(options);
    const { meta, bytes } = this.#object(from, "copy", { ifMatch: options.sourceIfMatch });
    const attributes: WriteOptions = {
      mode: options.mode,
      contentType: options.contentType ?? meta.contentType,
      metadata: options.metadata ?? meta.metadata,
      storageClass: options.storageClass ?? meta.storageClass,
    };
    return this.publish(to, bytes, meta.crc32c, attributes, "copy");
  }

  async rename(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    await this.copy(from, to, options);
    if (from !== to) this.store("rename").delete(from);
  }

  async createContainer(options: CallOptions = {}): Promise<void> {
    throwIfAborted(options.signal, "create container");
    if (memoryStores.has(this.#name)) {
      throw memoryError("containerExists", "create container", this.uri);
    }
    memoryStores.set(this.#name, new MemoryStore());
  }

  async deleteContainer(options: CallOptions = {}): Promise<void> {
    throwIfAborted(options.signal, "delete container");
    if (this.store("delete container").objects.size > 0) {
      throw memoryError("containerNotEmpty", "delete container", this.uri);
    }
    memoryStores.delete(this.#name);
  }

  async *listContainers(options: CallOptions = {}): AsyncIterable<ContainerInfo> {
    const stores = [...memoryStores].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, { createdAt }] of stores) {
      throwIfAborted(options.signal, "list containers");
      yield { name, createdAt };
    }
  }

  /** The key's URI, for messages. */
  uriOf(key: string): string {
    return `${this.uri}/${key}`;
  }

  /** What this backend's name stands for now; throws `not-found` after the container was deleted. */
  store(operation: string): MemoryStore {
    const store = memoryStores.get(this.#name);
    if (store === undefined) throw memoryError("missingContainer", operation, this.uri);
    return store;
  }

  /** Puts the bytes, which nobody else holds, under the key in one step. */
  publish(
    key: string,
    bytes: Uint8Array,
    crc: number,
    options: WriteOptions,
    operation: string,
  ): WriteResult {
    this.#checkMode(key, options.mode, operation);
    const store = this.store(operation);
    const etag = store.nextVersion();
    const { contentType, metadata, storageClass } = options;
    const meta: StoredObject["meta"] = {
      key,
      size: bytes.length,
      etag,
      lastModified: new Date(),
      crc32c: crc,
      ...(contentType === undefined ? {} : { contentType }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
      ...(storageClass === undefined ? {} : { storageClass }),
    };
    store.set(key, { meta, bytes });
    return { etag, size: bytes.length, crc32c: crc };
  }

  #object(
    key: string,
    operation: string,
    condition: { ifMatch?: string | undefined; ifNoneMatch?: string | undefined } = {},
  ): StoredObject {
    const object = this.store(operation).objects.get(key);
    if (object === undefined) throw memoryError("missingObject", operation, this.uriOf(key));
    const { etag } = object.meta;
    if (condition.ifMatch !== undefined && condition.ifMatch !== etag) {
      throw memoryError("etagDiffers", operation, this.uriOf(key), { etag });
    }
    if (condition.ifNoneMatch === etag) {
      throw memoryError("etagSame", operation, this.uriOf(key), { notModified: true });
    }
    return object;
  }

  #checkMode(key: string, mode: WriteMode | undefined, operation: string): void {
    if (mode === undefined || mode === "overwrite") return;
    const existing = this.store(operation).objects.get(key);
    if (mode === "create") {
      if (existing !== undefined) throw memoryError("objectExists", operation, this.uriOf(key));
    } else if (existing?.meta.etag !== mode.ifMatch) {
      throw memoryError("etagDiffers", operation, this.uriOf(key));
    }
  }
}
