import type { ByteRange, ResolvedRange } from "../core/index.js";
import type { LodeError } from "../errors.js";
import type { Capabilities } from "./capabilities.js";

/** Every call takes a signal; when it fires, the call ends with `aborted` and leaves nothing behind. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a store knows of an object without its bytes. */
export interface ObjectMeta {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Opaque version tag, without HTTP's quotes; changes whenever the content does. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType?: string | undefined;
  /** Keys are lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** CRC32C (RFC 3720, Castagnoli) of the whole object as an unsigned 32-bit number, where the store keeps one. */
  readonly crc32c?: number | undefined;
  /** S3 storage class or Azure access tier, in the provider's own word. */
  readonly storageClass?: string | undefined;
  readonly versionId?: string | undefined;
}

/**
 * How a write treats what is there: replace it, refuse (`already-exists`), or replace only the
 * version with this etag (`precondition-failed`; a missing object too).
 */
export type WriteMode = "overwrite" | "create" | { readonly ifMatch: string };

/** A body that can be read again from its start, so that a failed put can be repeated. */
export interface ReplayableBody {
  /** Exact size in bytes. */
  readonly length: number;
  stream(): AsyncIterable<Uint8Array>;
}

/** A body of known length. Its bytes must not change until the call ends. */
export type PutBody = Uint8Array | ReplayableBody;

/** Options of calls that read an object's bytes. */
export interface ReadOptions extends CallOptions {
  /** Called when the reply begins, by stores whose reply begins before its bytes are handed out. */
  readonly onFirstByte?: (() => void) | undefined;
}

export interface GetOptions extends ReadOptions {
  readonly range?: ByteRange | undefined;
  /** Fail with `precondition-failed` unless the object has this etag. */
  readonly ifMatch?: string | undefined;
  /** Fail with `precondition-failed` (details.notModified = true) if the object has this etag. */
  readonly ifNoneMatch?: string | undefined;
}

export interface GetResult {
  readonly meta: ObjectMeta;
  readonly range: ResolvedRange;
  /**
   * Exactly `range.end - range.start` bytes, or the iteration throws. Must be iterated once, or
   * ended by `return()`; a chunk is valid until the next one is asked for, so keep copies only.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ReadIntoOptions extends ReadOptions {
  readonly ifMatch?: string | undefined;
  /**
   * The caller goes on to read the whole object and compares: `meta.crc32c` is wanted, also where the
   * store tells it only with a whole object or by another request.
   */
  readonly checksum?: boolean | undefined;
}

export interface ReadIntoResult {
  readonly meta: ObjectMeta;
  readonly range: ResolvedRange;
  /** Bytes written at the start of the target: `range.end - range.start`. */
  readonly bytesRead: number;
}

export interface WriteOptions extends CallOptions {
  readonly mode?: WriteMode | undefined;
  readonly contentType?: string | undefined;
  /** Keys of `a-z 0-9 - _`, values of printable characters. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
}

export interface PutOptions extends WriteOptions {
  /** CRC32C of the whole body, to be checked on its way; computed by the backend if absent. */
  readonly crc32c?: number | undefined;
}

export interface WriteResult {
  readonly etag: string;
  /** In bytes. */
  readonly size: number;
  readonly crc32c?: number | undefined;
  readonly versionId?: string | undefined;
}

/** A part that the store has taken. */
export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly crc32c?: number | undefined;
}

export interface PutPartOptions extends CallOptions {
  /** CRC32C of the part; computed by the backend if absent. */
  readonly crc32c?: number | undefined;
}

/**
 * An upload in parts. Nothing is visible under the key until `complete` succeeds. Parts go in
 * parallel and in any order; a number sent again replaces the earlier part.
 */
export interface MultipartUpload {
  readonly key: string;
  /** What `resumeMultipart` takes after a restart. */
  readonly id: string;
  putPart(number: number, bytes: Uint8Array, options?: PutPartOptions): Promise<UploadedPart>;
  /** The parts that the store holds, by number. */
  listParts(options?: CallOptions): Promise<UploadedPart[]>;
  /** Publishes the parts `1..n` that this object put or `listParts` told of; atomic. */
  complete(options?: CallOptions): Promise<WriteResult>;
  /** Forgets the upload and frees what it holds; aborting twice is no error. */
  abort(options?: CallOptions): Promise<void>;
}

export interface MultipartOptions extends WriteOptions {
  /** Size of every part but the last, where the caller knows it; file stores place parts by it. */
  readonly partSize?: number | undefined;
}

/** An upload that was begun and neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly id: string;
  readonly startedAt: Date;
}

export interface ListOptions extends CallOptions {
  readonly prefix?: string | undefined;
  /** Only `/`: keys that go on after it are told as one prefix, not listed. */
  readonly delimiter?: "/" | undefined;
  /** With a delimiter: prefixes are not wanted. A store that would have to look into each folder leaves them out. */
  readonly skipPrefixes?: boolean | undefined;
  /** Only keys greater than this one, by UTF-8 bytes. */
  readonly startAfter?: string | undefined;
  /** Most objects and prefixes of a page; default and maximum 1,000. */
  readonly pageSize?: number | undefined;
}

export interface ListPage {
  readonly objects: readonly ObjectMeta[];
  /** Common prefixes, each ending in `/`; only with a delimiter. */
  readonly prefixes: readonly string[];
}

/** What became of one key of `deleteMany`; `error` is absent if it is gone (or never was). */
export interface DeleteResult {
  readonly key: string;
  readonly error?: LodeError | undefined;
}

export interface CopyOptions extends WriteOptions {
  /** Copy only this version of the source. */
  readonly sourceIfMatch?: string | undefined;
}

export interface PresignOptions {
  readonly method?: "GET" | "PUT" | "HEAD" | "DELETE" | undefined;
  /** Lifetime in seconds, 1 to 604,800. Default 3,600. */
  readonly expiresIn?: number | undefined;
}

export interface ContainerInfo {
  readonly name: string;
  readonly createdAt?: Date | undefined;
}

/**
 * What a provider implements; users hold an `ObjectStore`. One backend is one container (bucket,
 * folder). All errors are LodeErrors made by the backend's own `error-map.ts`. Keys come validated
 * by `objectKey`; a backend refuses (`invalid-key`) those that it cannot hold. Each call is one try:
 * retrying is a layer's work.
 */
export interface Backend {
  readonly scheme: string;
  /** The container's URI without credentials or trailing slash, for messages: `s3://bucket`. */
  readonly uri: string;
  /** URL of the server, without credentials, bucket or trailing slash; absent where there is none. */
  readonly endpoint?: string | undefined;
  readonly capabilities: Capabilities;

  /** Throws `not-found`, `precondition-failed`, `invalid-argument` (range outside the object). */
  get(key: string, options?: GetOptions): Promise<GetResult>;
  /** Fills `target` from its start with the range; the range may not be longer than `target`. */
  readInto?(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options?: ReadIntoOptions,
  ): Promise<ReadIntoResult>;
  /** Throws `not-found`. */
  head(key: string, options?: CallOptions): Promise<ObjectMeta>;
  /** Atomic. Throws `already-exists`, `precondition-failed`, `integrity` if the checksum differs. */
  put(key: string, body: PutBody, options?: PutOptions): Promise<WriteResult>;
  startMultipart(key: string, options?: MultipartOptions): Promise<MultipartUpload>;
  list(options?: ListOptions): AsyncIterable<ListPage>;
  /** One result a key, in order; a missing key is no error. */
  deleteMany(keys: readonly string[], options?: CallOptions): Promise<DeleteResult[]>;
  copy(from: string, to: string, options?: CopyOptions): Promise<WriteResult>;

  // Behind capabilities: `resumableMultipart`
  resumeMultipart?(key: string, id: string, options?: MultipartOptions): Promise<MultipartUpload>;
  listMultiparts?(
    options?: CallOptions & { readonly prefix?: string | undefined },
  ): AsyncIterable<PendingUpload>;
  // `presign`
  presign?(key: string, options?: PresignOptions): Promise<string>;
  // `rename`
  rename?(from: string, to: string, options?: CopyOptions): Promise<void>;
  // `containers`: of this backend's own container, and of the account that it lies in
  createContainer?(options?: CallOptions): Promise<void>;
  deleteContainer?(options?: CallOptions): Promise<void>;
  listContainers?(options?: CallOptions): AsyncIterable<ContainerInfo>;

  /** Frees connections and buffers. */
  close?(): Promise<void>;
}

/** Wraps a backend in one that behaves alike but for the layer's own concern. */
export type Layer = (inner: Backend) => Backend;
