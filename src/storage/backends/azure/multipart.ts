import { crc32c, crc32cCombine } from "../../../core/index.js";
import { isLodeError, LodeError } from "../../../errors.js";
import type {
  CallOptions,
  MultipartOptions,
  MultipartUpload,
  PutPartOptions,
  UploadedPart,
  WriteResult,
} from "../../backend.js";
import { isUploadId, markerBlockId, newUploadId, partBlockId } from "./block-id.js";
import { stagedUploads } from "./block-list.js";
import { MAX_BLOCKS } from "./capabilities.js";
import type { AzureConnection } from "./connection.js";
import { lostBlocksError } from "./lost-blocks.js";
import { encodeMetadata } from "./metadata.js";
import { writeHeaders } from "./object-meta.js";
import { commitBlocks, stageBlock } from "./write.js";

/** Azure stores no empty block, so a marker holds one byte; it is never committed. */
const MARKER_BYTE = new Uint8Array(1);

/**
 * An upload as uncommitted blocks, of which Azure knows no begin and no end: a marker block says that
 * it was begun, another one that it was given up. Azure drops unfinished blocks a week after the last
 * one, and as soon as anything else is written under the key; nothing can free them earlier
 * without making an empty object visible.
 */
export class AzureMultipartUpload implements MultipartUpload {
  readonly key: string;
  readonly id: string;
  readonly #azure: AzureConnection;
  readonly #options: MultipartOptions;
  readonly #parts: Map<number, UploadedPart>;
  #state: "open" | "completed" | "aborted" = "open";

  private constructor(
    azure: AzureConnection,
    key: string,
    id: string,
    options: MultipartOptions,
    parts: ReadonlyMap<number, UploadedPart>,
  ) {
    this.#azure = azure;
    this.key = key;
    this.id = id;
    this.#options = options;
    this.#parts = new Map(parts);
  }

  static async start(
    azure: AzureConnection,
    key: string,
    options: MultipartOptions = {},
  ): Promise<AzureMultipartUpload> {
    checkAttributes(options);
    const id = newUploadId(Date.now());
    const marker = markerBlockId(id, "started-");
    await stageBlock(azure, "startMultipart", key, marker, MARKER_BYTE, options);
    return new AzureMultipartUpload(azure, key, id, options, new Map());
  }

  /** Throws `not-found` if the upload was completed or aborted, or its blocks are gone. */
  static async resume(
    azure: AzureConnection,
    key: string,
    id: string,
    options: MultipartOptions = {},
  ): Promise<AzureMultipartUpload> {
    checkAttributes(options);
    if (!isUploadId(id))
      throw uploadError(azure, key, id, "not-found", "its id is none of Azure's");
    const staged = (await stagedUploads(azure, "resumeMultipart", key, options)).get(id);
    if (staged === undefined || staged.aborted) {
      throw uploadError(azure, key, id, "not-found", "it was completed or aborted, or has expired");
    }
    return new AzureMultipartUpload(azure, key, id, options, staged.parts);
  }

  async putPart(
    number: number,
    bytes: Uint8Array,
    options: PutPartOptions = {},
  ): Promise<UploadedPart> {
    this.#checkOpen();
    if (!Number.isInteger(number) || number < 1 || number > MAX_BLOCKS) {
      throw this.#error(
        "invalid-argument",
        `part numbers go from 1 to ${MAX_BLOCKS}, not ${number}`,
      );
    }
    const sum = crc32c(bytes);
    if (options.crc32c !== undefined && options.crc32c !== sum) {
      throw this.#error("integrity", `part ${number}'s CRC32C differs from the announced one`);
    }
    const blockId = partBlockId(this.id, number, sum);
    // Azure refuses empty blocks; an empty part adds nothing to the object.
    if (bytes.length > 0) {
      await stageBlock(this.#azure, "putPart", this.key, blockId, bytes, options);
    }
    const part = { number, size: bytes.length, etag: blockId, crc32c: sum };
    this.#parts.set(number, part);
    return part;
  }

  async listParts(options?: CallOptions): Promise<UploadedPart[]> {
    this.#checkOpen();
    const staged = (await stagedUploads(this.#azure, "listParts", this.key, options)).get(this.id);
    if (staged === undefined || staged.aborted) {
      throw this.#error("not-found", "it was completed or aborted, or has expired");
    }
    for (const [number, part] of staged.parts) {
      if (!this.#parts.has(number)) this.#parts.set(number, part);
    }
    return this.#sorted();
  }

  async complete(options?: CallOptions): Promise<WriteResult> {
    this.#checkOpen();
    const parts = this.#sorted();
    if (parts.length === 0 || parts.some((part, index) => part.number !== index + 1)) {
      throw this.#error("invalid-argument", "it needs parts, numbered from 1 without a gap");
    }
    const content = {
      blockIds: parts.filter((part) => part.size > 0).map((part) => part.etag),
      size: parts.reduce((total, part) => total + part.size, 0),
      crc32c: parts.reduce((sum, part) => crc32cCombine(sum, part.crc32c ?? 0, part.size), 0),
    };
    const write = { ...this.#options, signal: options?.signal };
    try {
      const result = await commitBlocks(this.#azure, "complete", this.key, content, write);
      this.#state = "completed";
      return result;
    } catch (error) {
      throw await lostBlocksError(this.#azure, "complete", this.key, error, write);
    }
  }

  async abort(options?: CallOptions): Promise<void> {
    if (this.#state !== "open") return;
    try {
      const marker = markerBlockId(this.id, "aborted-");
      await stageBlock(this.#azure, "abort", this.key, marker, MARKER_BYTE, options);
    } catch (error) {
      // The container is gone, and the blocks with it.
      if (!isLodeError(error, "not-found")) throw error;
    }
    this.#state = "aborted";
  }

  #sorted(): UploadedPart[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  #checkOpen(): void {
    if (this.#state !== "open") throw this.#error("not-found", `it was ${this.#state}`);
  }

  #error(code: "not-found" | "invalid-argument" | "integrity", why: string): LodeError {
    return uploadError(this.#azure, this.key, this.id, code, why);
  }
}

/** What the commit would refuse is refused before any part is sent. */
function checkAttributes(options: MultipartOptions): void {
  writeHeaders(options);
  encodeMetadata(options.metadata, undefined);
}

function uploadError(
  azure: AzureConnection,
  key: string,
  id: string,
  code: "not-found" | "invalid-argument" | "integrity",
  why: string,
): LodeError {
  return new LodeError({
    code,
    message: `multipart upload ${id} of ${azure.uriOf(key)} cannot go on: ${why}`,
    uri: azure.uriOf(key),
    details: { uploadId: id },
  });
}
