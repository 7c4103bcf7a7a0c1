import { invalidKey } from "../../../core/index.js";
import { LodeError, throwIfAborted } from "../../../errors.js";
import type { ResolvedS3Config } from "./config.js";
import { addressOf, awsEndpoint, isAwsHost, type S3Address } from "./endpoint.js";
import { malformedReply, readFailure, type S3Failure, s3Error } from "./error-map.js";
import {
  HttpClient,
  type HttpOrigin,
  type HttpRequestBody,
  type HttpResponse,
} from "./http/index.js";
import { foreignRedirect, redirectedAddress } from "./redirect.js";
import { EMPTY_SHA256, type Header, type S3Credentials, SigV4Signer } from "./sigv4.js";
import { canonicalQuery, encodeKey, type QueryParameters } from "./uri-encoding.js";

/** One call of the S3 interface. */
export interface S3Call {
  /** The verb for messages: `get`, `put`, ... */
  readonly operation: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Undefined: the bucket itself, or the service where `service` is set. */
  readonly key?: string | undefined;
  readonly service?: boolean | undefined;
  readonly query?: QueryParameters | undefined;
  /** Lower-case names; all are signed. */
  readonly headers?: readonly Header[] | undefined;
  readonly body?: HttpRequestBody | undefined;
  /** Hexadecimal SHA-256 or `UNSIGNED-PAYLOAD`; needed with a body. */
  readonly payloadHash?: string | undefined;
  readonly into?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Statuses other than 2xx that are a reply, not an error. */
  readonly accept?: number | undefined;
}

/** Error bodies are short; what is longer is no reply of S3. */
const MAX_ERROR_BYTES = 1024 * 1024;
/** Without a body a 403 is taken for a wrong clock if the clocks differ by more, in milliseconds. */
const SKEW_MS = 300_000;

/** What may be done about a failure, each at most once a call. */
type Remedy = "region" | "location" | "clock" | "credentials";

/**
 * Sends calls: address, signature, and the four things that a client settles itself (another
 * region, another host of the same service, a wrong clock, expired credentials). It knows nothing
 * of what the calls mean.
 */
export class S3Sender {
  readonly #clients = new Map<string, HttpClient>();
  readonly #signer = new SigV4Signer();
  #region: string;
  #bucketAddress!: S3Address;
  #serviceAddress!: S3Address;
  /** The server's clock minus ours, in milliseconds. */
  #clockOffset = 0;
  #serverName: string | undefined;

  constructor(readonly config: ResolvedS3Config) {
    this.#region = config.region;
    this.#locate();
  }

  get region(): string {
    return this.#region;
  }

  /** The server's time, as far as it is known. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** The `s3://` URI of a call's object or bucket, for messages. */
  uriOf(key: string | undefined): string {
    const bucket = this.config.bucket ?? "";
    return key === undefined ? `s3://${bucket}` : `s3://${bucket}/${key}`;
  }

  /** The server's URL, without a bucket. */
  get serviceUrl(): string {
    const { origin, hostHeader, pathPrefix } = this.#serviceAddress;
    return `${origin.protocol}//${hostHeader}${pathPrefix}`.replace(/\/$/, "");
  }

  /** Where the bucket's calls go now. */
  get bucketAddress(): S3Address {
    return this.#bucketAddress;
  }

  /** True if what travels can be read and changed on its way. */
  get plainText(): boolean {
    return this.#bucketAddress.origin.protocol === "http:";
  }

  /** The reply with a status of 2xx; throws what any other says. */
  async send(call: S3Call): Promise<HttpResponse> {
    throwIfAborted(call.signal, call.operation);
    const tried = new Set<Remedy>();
    let address = call.service ? this.#serviceAddress : this.#bucketAddress;
    if (!call.service && this.config.bucket === undefined) throw noBucket(call.operation);
    if (call.key?.startsWith("/")) await this.#refuseIfDropped(call.key, call);
    for (;;) {
      let credentials = this.config.credentials.get();
      if (credentials instanceof Promise) credentials = await credentials;
      const sentAt = Date.now();
      const response = await this.#sendOnce(call, address, credentials);
      const { status } = response;
      if ((status >= 200 && status < 300) || status === call.accept) return response;
      const failure = await readError(response);
      const next = await this.#remedy(call, failure, response, address, credentials, sentAt, tried);
      if (next === undefined) throw s3Error(failure, call.operation, this.uriOf(call.key));
      address = next;
    }
  }

  /**
   * MinIO drops a leading slash in silence, so that one object would answer to two names. Which server
   * it is, is asked once, for the first such key.
   */
  async #refuseIfDropped(key: string, call: S3Call): Promise<void> {
    if (isAwsHost(this.#bucketAddress.origin.host)) return;
    if (this.#serverName === undefined) {
      const { operation, signal } = call;
      const response = await this.#sendOnce(
        { operation, method: "HEAD", signal },
        this.#bucketAddress,
        await this.config.credentials.get(),
      );
      await response.body.discard();
      this.#serverName = response.headers.get("server") ?? "";
    }
    if (/^MinIO/i.test(this.#serverName)) {
      throw invalidKey(key, "MinIO would drop the slash at its start");
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    this.#clients.clear();
  }

  #sendOnce(
    call: S3Call,
    address: S3Address,
    credentials: S3Credentials | undefined,
  ): Promise<HttpResponse> {
    const path = address.pathPrefix + (call.key === undefined ? "" : encodeKey(call.key));
    const query = call.query === undefined ? "" : canonicalQuery(call.query);
    const plain: Header[] = [["host", address.hostHeader], ...(call.headers ?? [])];
    const headers =
      credentials === undefined
        ? plain
        : this.#signer.signHeaders(
            {
              method: call.method,
              path,
              query,
              headers: plain,
              payloadHash: call.payloadHash ?? EMPTY_SHA256,
            },
            credentials,
            this.#region,
            this.now(),
          );
    return this.#client(address.origin).request({
      method: call.method,
      target: query === "" ? path : `${path}?${query}`,
      headers,
      body: call.body,
      into: call.into,
      signal: call.signal,
    });
  }

  /** Where to send the call again, or undefined if there is no remedy that was not tried. */
  async #remedy(
    call: S3Call,
    failure: S3Failure,
    response: HttpResponse,
    address: S3Address,
    credentials: S3Credentials | undefined,
    sentAt: number,
    tried: Set<Remedy>,
  ): Promise<S3Address | undefined> {
    const once = (remedy: Remedy) => !tried.has(remedy) && tried.add(remedy) !== undefined;
    const { status, providerCode } = failure;
    const silent = providerCode === undefined && call.method === "HEAD";

    const region = failure.region;
    const wrongRegion =
      status === 301 ||
      status === 307 ||
      (status === 400 && (silent || providerCode === "AuthorizationHeaderMalformed"));
    if (wrongRegion && region !== undefined && region !== this.#region && isRegion(region)) {
      if (!once("region")) return undefined;
      this.#region = region;
      this.#locate();
      return call.service ? this.#serviceAddress : this.#bucketAddress;
    }
    const location = response.headers.get("location");
    if ((status === 301 || status === 307 || status === 308) && location !== undefined) {
      if (!once("location")) return undefined;
      const next = redirectedAddress(location, address, this.config.bucket);
      if (next !== undefined) return next;
      throw foreignRedirect(location, address, call.operation, this.uriOf(call.key));
    }
    if (status === 403 && (silent || providerCode === "RequestTimeTooSkewed")) {
      const theirs = Date.parse(response.headers.get("date") ?? "");
      const skew = theirs - (sentAt + this.#clockOffset);
      if (Number.isNaN(theirs) || (silent && Math.abs(skew) < SKEW_MS)) return undefined;
      if (!once("clock")) return undefined;
      this.#clockOffset = theirs - Date.now();
      return address;
    }
    if (
      credentials !== undefined &&
      saysExpired(failure, silent && "sessionToken" in credentials)
    ) {
      if (!once("credentials")) return undefined;
      const renewed = await this.config.credentials.renew(credentials);
      const isNew =
        renewed !== undefined &&
        (renewed.accessKeyId !== credentials.accessKeyId ||
          renewed.secretAccessKey !== credentials.secretAccessKey ||
          renewed.sessionToken !== credentials.sessionToken);
      return isNew ? address : undefined;
    }
    return undefined;
  }

  #locate(): void {
    const endpoint = this.config.endpoint ?? awsEndpoint(this.#region);
    this.#serviceAddress = addressOf(endpoint, undefined, this.config.style);
    this.#bucketAddress = addressOf(endpoint, this.config.bucket, this.config.style);
  }

  #client(origin: HttpOrigin): HttpClient {
    const name = `${origin.protocol}//${origin.host}:${origin.port}`;
    let client = this.#clients.get(name);
    if (client === undefined) {
      const { ca, maxConnections, connectTimeoutMs, idleTimeoutMs } = this.config;
      client = new HttpClient({ origin, ca, maxConnections, connectTimeoutMs, idleTimeoutMs });
      this.#clients.set(name, client);
    }
    return client;
  }
}

async function readError(response: HttpResponse): Promise<S3Failure> {
  const bytes = await response.body.collect(MAX_ERROR_BYTES);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return readFailure(response.status, (name) => response.headers.get(name), text);
}

/** The whole body as text, for replies in XML of bounded size. */
export async function readText(
  response: HttpResponse,
  operation: string,
  uri: string,
  maxBytes = 64 * 1024 * 1024,
): Promise<string> {
  const bytes = await response.body.collect(maxBytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8");
  if (text.includes("\uFFFD") && !Buffer.from(text).equals(buffer)) {
    throw malformedReply(operation, uri, "its XML is not UTF-8");
  }
  return text;
}

/** A region becomes part of a host name: nothing else may slip in. */
function isRegion(text: string): boolean {
  return /^[a-z0-9-]{1,64}$/i.test(text);
}

function saysExpired(failure: S3Failure, silentWithToken: boolean): boolean {
  if (silentWithToken) return failure.status === 400 || failure.status === 403;
  return /^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired|RequestExpired)$/.test(
    failure.providerCode ?? "",
  );
}

function noBucket(operation: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${operation} needs a bucket: s3:// alone names the account; write s3://bucket`,
    operation,
  });
}
