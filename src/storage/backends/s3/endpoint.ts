import { LodeError } from "../../../errors.js";
import type { HttpOrigin } from "./http/index.js";

/** `path`: `host/bucket/key`; `virtual`: `bucket.host/key`. */
export type AddressingStyle = "auto" | "path" | "virtual";

/** Where requests for one bucket, or for the service, go. */
export interface S3Address {
  readonly origin: HttpOrigin;
  /** The `host` header: with the port unless it is the protocol's own. */
  readonly hostHeader: string;
  /** What stands before the encoded key, ending in `/`. */
  readonly pathPrefix: string;
}

/** A server named by a URL; undefined is AWS itself. */
export interface S3Endpoint {
  readonly origin: HttpOrigin;
  /** Path under which the server answers, without a trailing slash; mostly "". */
  readonly basePath: string;
}

/**
 * Reads an endpoint such as `https://minio.example:9000`; `http://` is put before a bare loopback
 * name, `https://` before any other. Throws `invalid-config`; credentials inside are refused.
 */
export function parseEndpoint(text: string): S3Endpoint {
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/i.test(text);
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `${isLoopback ? "http" : "https"}://${text}`;
  let url: URL;
  try {
    url = new URL(full);
  } catch (cause) {
    throw invalidEndpoint("it is not a URL; write https://host:port", cause);
  }
  if (url.username !== "" || url.password !== "") {
    throw invalidEndpoint("it holds credentials; give them by environment or profile");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalidEndpoint("its protocol must be http or https");
  }
  if (url.search !== "" || url.hash !== "") {
    throw invalidEndpoint("it must not have a query or a fragment");
  }
  const protocol = url.protocol;
  const port = url.port === "" ? (protocol === "https:" ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { origin: { protocol, host, port }, basePath: url.pathname.replace(/\/+$/, "") };
}

/** AWS's own endpoint of a region. https://docs.aws.amazon.com/general/latest/gr/s3.html */
export function awsEndpoint(region: string): S3Endpoint {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    origin: { protocol: "https:", host: `s3.${region}.${domain}`, port: 443 },
    basePath: "",
  };
}

/** True for AWS's own domains. */
export function isAwsHost(host: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(host.toLowerCase());
}

/** The address of a bucket, or of the service where `bucket` is undefined. */
export function addressOf(
  endpoint: S3Endpoint,
  bucket: string | undefined,
  style: AddressingStyle,
): S3Address {
  const { origin, basePath } = endpoint;
  if (bucket === undefined) return address(origin, `${basePath}/`);
  const asHost =
    style === "virtual" || (style === "auto" && isAwsHost(origin.host) && fitsHost(bucket));
  if (!asHost) return address(origin, `${basePath}/${bucket}/`);
  return address({ ...origin, host: `${bucket}.${origin.host}` }, `${basePath}/`);
}

/** Dots would not match the server's wildcard certificate. */
function fitsHost(bucket: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket);
}

function address(origin: HttpOrigin, pathPrefix: string): S3Address {
  return { origin, hostHeader: hostHeaderOf(origin), pathPrefix };
}

/** RFC 9110 §7.2; the default port is left out, as the server signs it. */
export function hostHeaderOf(origin: HttpOrigin): string {
  const host = origin.host.includes(":") ? `[${origin.host}]` : origin.host;
  const standard = origin.protocol === "https:" ? 443 : 80;
  return origin.port === standard ? host : `${host}:${origin.port}`;
}

function invalidEndpoint(why: string, cause?: unknown): LodeError {
  // The text itself may hold a password.
  return new LodeError({
    code: "invalid-config",
    message: `the S3 endpoint cannot be used: ${why}`,
    cause,
  });
}
