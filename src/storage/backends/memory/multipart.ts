import { crc32cCombine } from "../../../core/index.js";
import { throwIfAborted } from "../../../errors.js";
import type {
  CallOptions,
  MultipartUpload,
  PutPartOptions,
  UploadedPart,
  WriteOptions,
  WriteResult,
} from "../../backend.js";
import { collectBody } from "./body.js";
import { MEMORY_CAPABILITIES } from "./capabilities.js";
import { memoryError } from "./error-map.js";
import type { MemoryStore, StoredPart, StoredUpload } from "./memory-store.js";

/** What an upload needs of the backend that began it. */
export interface UploadHost {
  uriOf(key: string): string;
  store(operation: string): MemoryStore;
  publish(
    key: string,
    bytes: Uint8Array,
    crc: number,
    options: WriteOptions,
    operation: string,
  ): WriteResult;
}

/** One handle of an unfinished upload; several may work on the same one. */
export class MemoryMultipart implements MultipartUpload {
  readonly key: string;
  readonly id: string;
  readonly #backend: UploadHost;
  readonly #uri: string;
  readonly #known = new Set<number>();
  #completed: WriteResult | undefined;

  constructor(backend: UploadHost, upload: StoredUpload) {
    this.#backend = backend;
    this.key = upload.key;
    this.id = upload.id;
    this.#uri = backend.uriOf(upload.key);
  }

  async putPart(
    number: number,
    bytes: Uint8Array,
    options: PutPartOptions = {},
  ): Promise<UploadedPart> {
    const operation = "put part of";
    const { signal } = options;
    throwIfAborted(signal, operation);
    if (!Number.isInteger(number) || number < 1 || number > MEMORY_CAPABILITIES.maxParts) {
      throw memoryError("partNumber", operation, this.#uri, { number });
    }
    const upload = this.#upload(operation);
    const body = await collectBody(bytes, options.crc32c, { operation, uri: this.#uri, signal });
    const etag = this.#backend.store(operation).nextVersion();
    const part = { number, size: bytes.length, etag, crc32c: body.crc };
    upload.parts.set(number, { part, bytes: body.bytes });
    this.#known.add(number);
    return part;
  }

  async listParts(options: CallOptions = {}): Promise<UploadedPart[]> {
    throwIfAborted(options.signal, "list parts of");
    const parts = [...this.#upload("list parts of").parts.values()].map(({ part }) => part);
    for (const part of parts) this.#known.add(part.number);
    return parts.sort((a, b) => a.number - b.number);
  }

  async complete(options: CallOptions = {}): Promise<WriteResult> {
    const operation = "complete";
    throwIfAborted(options.signal, operation);
    // A repeated call after a lost reply is told what the first one did.
    if (this.#completed !== undefined) return this.#completed;
    const upload = this.#upload(operation);
    const numbers = [...this.#known].sort((a, b) => a - b);
    const parts: StoredPart[] = [];
    for (const [index, number] of numbers.entries()) {
      const part = upload.parts.get(number);
      if (number !== index + 1 || part === undefined) {
        throw memoryError("partsMissing", operation, this.#uri, { numbers });
      }
      parts.push(part);
    }
    if (parts.length === 0) throw memoryError("partsMissing", operation, this.#uri, { numbers });
    const bytes = new Uint8Array(parts.reduce((sum, { part }) => sum + part.size, 0));
    let at = 0;
    let crc = 0;
    for (const { part, bytes: stored } of parts) {
      bytes.set(stored, at);
      crc = at === 0 ? part.crc32c : crc32cCombine(crc, part.crc32c, part.size);
      at += part.size;
    }
    this.#completed = this.#backend.publish(upload.key, bytes, crc, upload.options, operation);
    this.#backend.store(operation).uploads.delete(this.id);
    return this.#completed;
  }

  async abort(options: CallOptions = {}): Promise<void> {
    throwIfAborted(options.signal, "abort upload of");
    this.#backend.store("abort upload of").uploads.delete(this.id);
  }

  #upload(operation: string): StoredUpload {
    const upload = this.#backend.store(operation).uploads.get(this.id);
    if (upload === undefined) throw memoryError("missingUpload", operation, this.#uri);
    return upload;
  }
}
