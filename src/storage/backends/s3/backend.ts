import { type ResolvedRange, validateAttributes } from "../../../core/index.js";
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
import { createBucket, deleteBucket, listBuckets } from "./buckets.js";
import { s3Capabilities } from "./capabilities.js";
import { ChecksumPolicy } from "./checksum-policy.js";
import { type ResolvedS3Config, resolveS3Config, type S3Config } from "./config.js";
import { copyObject } from "./copy-object.js";
import { deleteObjects } from "./delete-objects.js";
import { getObject, headObject, readObjectInto } from "./get-object.js";
import { listObjects } from "./list-objects.js";
import { listPendingUploads } from "./list-uploads.js";
import { resumeUpload, startUpload } from "./multipart.js";
import { presignUrl } from "./presign.js";
import { putObject } from "./put-object.js";
import { S3Sender } from "./request.js";

/** Opens a bucket (nothing is sent yet). Throws `invalid-config`. */
export async function openS3Backend(config: S3Config): Promise<S3Backend> {
  return new S3Backend(await resolveS3Config(config));
}

/** A bucket of S3 or of a server that speaks its protocol. One call is one try. */
export class S3Backend implements Backend {
  readonly scheme = "s3";
  readonly uri: string;
  readonly endpoint: string;
  readonly capabilities: Capabilities;
  readonly #sender: S3Sender;
  readonly #checksums: ChecksumPolicy;

  constructor(config: ResolvedS3Config) {
    this.#sender = new S3Sender(config);
    this.#checksums = new ChecksumPolicy(config.checksum, config.onWarning);
    this.uri = this.#sender.uriOf(undefined);
    this.endpoint = this.#sender.serviceUrl;
    this.capabilities = s3Capabilities(config);
  }

  get(key: string, options: GetOptions = {}): Promise<GetResult> {
    return getObject(this.#sender, key, options);
  }

  readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions = {},
  ): Promise<ReadIntoResult> {
    return readObjectInto(this.#sender, key, range, target, options);
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectMeta> {
    return headObject(this.#sender, key, options);
  }

  async put(key: string, body: PutBody, options: PutOptions = {}): Promise<WriteResult> {
    validateAttributes(options);
    return putObject(this.#sender, this.#checksums, key, body, options);
  }

  async startMultipart(key: string, options: MultipartOptions = {}): Promise<MultipartUpload> {
    validateAttributes(options);
    return startUpload(this.#sender, this.#checksums, key, options);
  }

  /** Throws `not-found` if the server does not know the upload. */
  async resumeMultipart(
    key: string,
    id: string,
    options: MultipartOptions = {},
  ): Promise<MultipartUpload> {
    validateAttributes(options);
    return resumeUpload(this.#sender, this.#checksums, key, id, options);
  }

  listMultiparts(
    options: CallOptions & { readonly prefix?: string | undefined } = {},
  ): AsyncIterable<PendingUpload> {
    return listPendingUploads(this.#sender, options);
  }

  list(options: ListOptions = {}): AsyncIterable<ListPage> {
    return listObjects(this.#sender, options);
  }

  deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteResult[]> {
    return deleteObjects(this.#sender, keys, options);
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<WriteResult> {
    validateAttributes(options);
    return copyObject(this.#sender, this.#checksums, from, to, options);
  }

  presign(key: string, options: PresignOptions = {}): Promise<string> {
    return presignUrl(this.#sender, key, options);
  }

  createContainer(options: CallOptions = {}): Promise<void> {
    return createBucket(this.#sender, options);
  }

  deleteContainer(options: CallOptions = {}): Promise<void> {
    return deleteBucket(this.#sender, options);
  }

  listContainers(options: CallOptions = {}): AsyncIterable<ContainerInfo> {
    return listBuckets(this.#sender, options);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}
