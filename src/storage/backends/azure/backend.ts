import type { ResolvedRange } from "../../../core/index.js";
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
  PresignOptions,
  PutBody,
  PutOptions,
  ReadIntoOptions,
  ReadIntoResult,
  WriteResult,
} from "../../backend.js";
import type { Capabilities } from "../../capabilities.js";
import { azureCapabilities } from "./capabilities.js";
import type { AzureConfig } from "./config.js";
import { AzureConnection } from "./connection.js";
import { createContainer, deleteContainer, listContainers } from "./containers.js";
import { copyBlob } from "./copy.js";
import { deleteBlobs } from "./delete-many.js";
import { listBlobs } from "./listing.js";
import { AzureMultipartUpload } from "./multipart.js";
import { pendingUploads } from "./pending-uploads.js";
import { presignBlob } from "./presign.js";
import { getBlob, headBlob, readBlobInto } from "./read.js";
import { putBlob } from "./write.js";

/** One container of an Azure storage account. Make it with {@link openAzureBackend}. */
export class AzureBackend implements Backend {
  readonly scheme = "az";
  readonly uri: string;
  readonly endpoint: string;
  readonly capabilities: Capabilities;
  readonly #azure: AzureConnection;

  constructor(connection: AzureConnection) {
    this.#azure = connection;
    this.uri = connection.uri;
    this.endpoint = connection.config.serviceUrl;
    this.capabilities = azureCapabilities(connection.config.auth);
  }

  get(key: string, options?: GetOptions): Promise<GetResult> {
    return getBlob(this.#azure, key, options);
  }

  readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options?: ReadIntoOptions,
  ): Promise<ReadIntoResult> {
    return readBlobInto(this.#azure, key, range, target, options);
  }

  head(key: string, options?: CallOptions): Promise<ObjectMeta> {
    return headBlob(this.#azure, key, options);
  }

  put(key: string, body: PutBody, options?: PutOptions): Promise<WriteResult> {
    return putBlob(this.#azure, key, body, options);
  }

  startMultipart(key: string, options?: MultipartOptions): Promise<MultipartUpload> {
    return AzureMultipartUpload.start(this.#azure, key, options);
  }

  resumeMultipart(key: string, id: string, options?: MultipartOptions): Promise<MultipartUpload> {
    return AzureMultipartUpload.resume(this.#azure, key, id, options);
  }

  listMultiparts(
    options?: CallOptions & { readonly prefix?: string | undefined },
  ): AsyncIterable<PendingUpload> {
    return pendingUploads(this.#azure, options);
  }

  list(options?: ListOptions): AsyncIterable<ListPage> {
    return listBlobs(this.#azure, options);
  }

  deleteMany(keys: readonly string[], options?: CallOptions): Promise<DeleteResult[]> {
    return deleteBlobs(this.#azure, keys, options);
  }

  copy(from: string, to: string, options?: CopyOptions): Promise<WriteResult> {
    return copyBlob(this.#azure, from, to, options);
  }

  async presign(key: string, options?: PresignOptions): Promise<string> {
    return presignBlob(this.#azure, key, options);
  }

  createContainer(options?: CallOptions): Promise<void> {
    return createContainer(this.#azure, options);
  }

  deleteContainer(options?: CallOptions): Promise<void> {
    return deleteContainer(this.#azure, options);
  }

  listContainers(options?: CallOptions): AsyncIterable<ContainerInfo> {
    return listContainers(this.#azure, options);
  }

  /** Nothing to free: the SDK's idle connections are shared, keep no process alive, and end by themselves. */
  async close(): Promise<void> {}
}

/** Loads the SDK and makes the clients; sends nothing. */
export async function openAzureBackend(config: AzureConfig): Promise<AzureBackend> {
  return new AzureBackend(await AzureConnection.open(config));
}
