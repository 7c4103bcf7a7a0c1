import { createHash, createHmac, hash } from "node:crypto";
import { canonicalQuery, type QueryParameters } from "./uri-encoding.js";

/** Keys of an AWS account or of an S3-compatible server. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end, where the source tells. */
  readonly expiration?: Date | undefined;
}

/** A header as sent; the name in lower case. */
export type Header = readonly [name: string, value: string];

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
/** SHA-256 of nothing, in hexadecimal. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const ALGORITHM = "AWS4-HMAC-SHA256";

/** What is to be signed. `path` and `query` are exactly as sent (encoded, sorted). */
export interface SignableRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** All headers that are signed, `host` among them, without those that the signer adds. */
  readonly headers: readonly Header[];
  /** SHA-256 in hexadecimal, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

/**
 * AWS Signature Version 4 for one service: in headers and in the query.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 *
 * The signing key depends on day, region, service and secret only, so it is kept; a signature then
 * costs one SHA-256 and one HMAC.
 */
export class SigV4Signer {
  #secret = "";
  #keyId = "";
  #day = "";
  #region = "";
  #key: Buffer = Buffer.alloc(0);
  #credentialPrefix = "";
  #scope = "";

  constructor(readonly service = "s3") {}

  /**
   * The request's headers with `x-amz-content-sha256`, `x-amz-date`, `x-amz-security-token` where
   * there is one, and `authorization`; sorted by name.
   */
  signHeaders(
    request: SignableRequest,
    credentials: S3Credentials,
    region: string,
    now: number,
  ): Header[] {
    const date = amzDate(now);
    this.#prepare(credentials, region, date);
    const headers: Header[] = [
      ...request.headers,
      ["x-amz-content-sha256", request.payloadHash],
      ["x-amz-date", date],
    ];
    if (credentials.sessionToken !== undefined) {
      headers.push(["x-amz-security-token", credentials.sessionToken]);
    }
    headers.sort(byName);
    let names = "";
    let lines = "";
    for (const [name, value] of headers) {
      names = names === "" ? name : `${names};${name}`;
      lines += `${name}:${canonicalValue(value)}\n`;
    }
    const signature = this.#signature(
      `${request.method}\n${request.path}\n${request.query}\n${lines}\n${names}\n${request.payloadHash}`,
      date,
    );
    headers.push(["authorization", `${this.#credentialPrefix}${names}, Signature=${signature}`]);
    return headers;
  }

  /** The query of a presigned URL with its signature; `parameters` are those of the call itself. */
  presign(
    request: Pick<SignableRequest, "method" | "path" | "headers">,
    parameters: QueryParameters,
    credentials: S3Credentials,
    region: string,
    now: number,
    expiresIn: number,
  ): string {
    const date = amzDate(now);
    this.#prepare(credentials, region, date);
    const headers = [...request.headers].sort(byName);
    const names = headers.map(([name]) => name).join(";");
    const all: [string, string][] = [
      ...parameters.map(([name, value]): [string, string] => [name, value]),
      ["X-Amz-Algorithm", ALGORITHM],
      ["X-Amz-Credential", `${credentials.accessKeyId}/${this.#scope}`],
      ["X-Amz-Date", date],
      ["X-Amz-Expires", String(expiresIn)],
      ["X-Amz-SignedHeaders", names],
    ];
    if (credentials.sessionToken !== undefined) {
      all.push(["X-Amz-Security-Token", credentials.sessionToken]);
    }
    const query = canonicalQuery(all);
    const lines = headers.map(([name, value]) => `${name}:${canonicalValue(value)}\n`).join("");
    const signature = this.#signature(
      `${request.method}\n${request.path}\n${query}\n${lines}\n${names}\n${UNSIGNED_PAYLOAD}`,
      date,
    );
    return `${query}&X-Amz-Signature=${signature}`;
  }

  #signature(canonicalRequest: string, date: string): string {
    const digest = hash("sha256", canonicalRequest, "hex");
    return createHmac("sha256", this.#key)
      .update(`${ALGORITHM}\n${date}\n${this.#scope}\n${digest}`)
      .digest("hex");
  }

  #prepare(credentials: S3Credentials, region: string, date: string): void {
    if (
      this.#secret === credentials.secretAccessKey &&
      this.#keyId === credentials.accessKeyId &&
      this.#region === region &&
      date.startsWith(this.#day) &&
      this.#day !== ""
    ) {
      return;
    }
    const day = date.slice(0, 8);
    this.#secret = credentials.secretAccessKey;
    this.#keyId = credentials.accessKeyId;
    this.#region = region;
    this.#day = day;
    let key: Buffer = hmac(`AWS4${credentials.secretAccessKey}`, day);
    for (const part of [region, this.service, "aws4_request"]) key = hmac(key, part);
    this.#key = key;
    this.#scope = `${day}/${region}/${this.service}/aws4_request`;
    this.#credentialPrefix = `${ALGORITHM} Credential=${credentials.accessKeyId}/${this.#scope}, SignedHeaders=`;
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function byName(a: Header, b: Header): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** A header's value trimmed, runs of blanks made one, as the canonical request has it. */
function canonicalValue(value: string): string {
  return /^\s|\s\s|\s$/.test(value) ? value.trim().replace(/\s+/g, " ") : value;
}

let lastSecond = Number.NaN;
let lastDate = "";

/** `YYYYMMDDTHHMMSSZ` of milliseconds since 1970. */
export function amzDate(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastDate = `${new Date(second * 1000).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
  }
  return lastDate;
}

/** SHA-256 of a payload in hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
