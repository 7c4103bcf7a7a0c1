import { type ErrorCode, LodeError, type RetryHint } from "../../../errors.js";
import { childText, parseXml, type XmlElement, XmlError } from "./xml.js";

interface Meaning {
  readonly code: ErrorCode;
  readonly retry: RetryHint;
  /** Ends the message: what to do. */
  readonly advice?: string;
}

const credentialsAdvice = "check the access key, the secret key and the session token";
const fullAdvice = "the server's storage is full: free space on it or add some";

/**
 * S3's error codes. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the codes of
 * radosgw and MinIO that differ stand beside them.
 */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  NoSuchKey: { code: "not-found", retry: "never" },
  NoSuchBucket: { code: "not-found", retry: "never", advice: "check the bucket's name" },
  NoSuchUpload: { code: "not-found", retry: "never" },
  NoSuchVersion: { code: "not-found", retry: "never" },
  PreconditionFailed: { code: "precondition-failed", retry: "never" },
  NotModified: { code: "precondition-failed", retry: "never" },
  ConditionalRequestConflict: { code: "precondition-failed", retry: "safe" },
  OperationAborted: { code: "unexpected", retry: "safe" },
  BucketAlreadyExists: { code: "already-exists", retry: "never" },
  BucketAlreadyOwnedByYou: { code: "already-exists", retry: "never" },
  BucketNotEmpty: { code: "precondition-failed", retry: "never", advice: "empty the bucket first" },
  AccessDenied: { code: "permission-denied", retry: "never" },
  AllAccessDisabled: { code: "permission-denied", retry: "never" },
  AccountProblem: { code: "permission-denied", retry: "never" },
  InvalidObjectState: {
    code: "permission-denied",
    retry: "never",
    advice: "restore the object from its archive class first",
  },
  InvalidAccessKeyId: { code: "unauthenticated", retry: "never", advice: credentialsAdvice },
  SignatureDoesNotMatch: { code: "unauthenticated", retry: "never", advice: credentialsAdvice },
  InvalidToken: { code: "unauthenticated", retry: "never", advice: credentialsAdvice },
  ExpiredToken: { code: "unauthenticated", retry: "never", advice: "renew the credentials" },
  TokenRefreshRequired: {
    code: "unauthenticated",
    retry: "never",
    advice: "renew the credentials",
  },
  ExpiredTokenException: {
    code: "unauthenticated",
    retry: "never",
    advice: "renew the credentials",
  },
  MissingSecurityHeader: { code: "unauthenticated", retry: "never", advice: credentialsAdvice },
  AuthorizationHeaderMalformed: {
    code: "unauthenticated",
    retry: "never",
    advice: "check the region",
  },
  RequestTimeTooSkewed: {
    code: "unauthenticated",
    retry: "never",
    advice: "set this machine's clock right",
  },
  PermanentRedirect: { code: "invalid-config", retry: "never", advice: "set the bucket's region" },
  TemporaryRedirect: { code: "unexpected", retry: "safe" },
  IllegalLocationConstraintException: {
    code: "invalid-config",
    retry: "never",
    advice: "set the region of the endpoint",
  },
  InvalidLocationConstraint: { code: "invalid-config", retry: "never", advice: "check the region" },
  SlowDown: { code: "rate-limited", retry: "safe" },
  SlowDownRead: { code: "rate-limited", retry: "safe" },
  SlowDownWrite: { code: "rate-limited", retry: "safe" },
  Throttling: { code: "rate-limited", retry: "safe" },
  ThrottlingException: { code: "rate-limited", retry: "safe" },
  TooManyRequests: { code: "rate-limited", retry: "safe" },
  RequestLimitExceeded: { code: "rate-limited", retry: "safe" },
  BandwidthLimitExceeded: { code: "rate-limited", retry: "safe" },
  ServiceUnavailable: { code: "rate-limited", retry: "safe" },
  Busy: { code: "rate-limited", retry: "safe" },
  RequestTimeout: { code: "timeout", retry: "safe" },
  InternalError: { code: "unexpected", retry: "safe" },
  IncompleteBody: { code: "connection", retry: "safe" },
  BadDigest: { code: "integrity", retry: "safe" },
  XAmzContentChecksumMismatch: { code: "integrity", retry: "safe" },
  XAmzContentSHA256Mismatch: { code: "integrity", retry: "safe" },
  InvalidRange: { code: "invalid-argument", retry: "never" },
  KeyTooLongError: { code: "invalid-key", retry: "never", advice: "shorten the key" },
  KeyTooLong: { code: "invalid-key", retry: "never", advice: "shorten the key" },
  InvalidObjectName: {
    code: "invalid-key",
    retry: "never",
    advice: "this server refuses such keys",
  },
  XMinioInvalidObjectName: {
    code: "invalid-key",
    retry: "never",
    advice: "this server refuses such keys",
  },
  XMinioInvalidResourceName: {
    code: "invalid-key",
    retry: "never",
    advice: "this server refuses such keys",
  },
  InvalidBucketName: { code: "invalid-config", retry: "never", advice: "check the bucket's name" },
  InvalidURI: { code: "invalid-key", retry: "never" },
  InvalidArgument: { code: "invalid-argument", retry: "never" },
  InvalidRequest: { code: "invalid-argument", retry: "never" },
  InvalidDigest: { code: "invalid-argument", retry: "never" },
  InvalidPart: { code: "precondition-failed", retry: "never", advice: "upload the parts again" },
  InvalidPartOrder: { code: "invalid-argument", retry: "never" },
  InvalidStorageClass: {
    code: "invalid-argument",
    retry: "never",
    advice: "check the storage class",
  },
  EntityTooSmall: { code: "invalid-argument", retry: "never", advice: "use larger parts" },
  EntityTooLarge: { code: "invalid-argument", retry: "never", advice: "upload it in parts" },
  MetadataTooLarge: {
    code: "invalid-argument",
    retry: "never",
    advice: "use less metadata (2 KB)",
  },
  QuotaExceeded: { code: "permission-denied", retry: "never", advice: "raise the quota" },
  InsufficientCapacity: { code: "unexpected", retry: "never", advice: fullAdvice },
  XMinioStorageFull: { code: "unexpected", retry: "never", advice: fullAdvice },
  MethodNotAllowed: { code: "unsupported", retry: "never" },
  NotImplemented: { code: "unsupported", retry: "never" },
};

/** Where there is no code (HEAD has no body; a proxy in between answers with HTML). */
const BY_STATUS: Readonly<Record<number, Meaning>> = {
  301: { code: "invalid-config", retry: "never", advice: "set the bucket's region" },
  304: { code: "precondition-failed", retry: "never" },
  307: { code: "unexpected", retry: "safe" },
  400: { code: "invalid-argument", retry: "never" },
  401: { code: "unauthenticated", retry: "never", advice: credentialsAdvice },
  403: { code: "permission-denied", retry: "never" },
  404: { code: "not-found", retry: "never" },
  405: { code: "unsupported", retry: "never" },
  408: { code: "timeout", retry: "safe" },
  409: { code: "precondition-failed", retry: "safe" },
  411: { code: "unsupported", retry: "never" },
  412: { code: "precondition-failed", retry: "never" },
  413: { code: "invalid-argument", retry: "never" },
  416: { code: "invalid-argument", retry: "never" },
  429: { code: "rate-limited", retry: "safe" },
  500: { code: "unexpected", retry: "safe" },
  501: { code: "unsupported", retry: "never" },
  502: { code: "connection", retry: "safe" },
  503: { code: "rate-limited", retry: "safe" },
  504: { code: "timeout", retry: "safe" },
  507: { code: "unexpected", retry: "never", advice: fullAdvice },
};

const UNKNOWN: Meaning = { code: "unexpected", retry: "never" };

/** What a reply said of its failure. */
export interface S3Failure {
  readonly status: number;
  /** S3's word, such as `NoSuchKey`; undefined where the reply has no XML. */
  readonly providerCode: string | undefined;
  readonly providerMessage?: string | undefined;
  readonly requestId?: string | undefined;
  readonly hostId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** The region that the server names, for redirects. */
  readonly region?: string | undefined;
}

/** Response headers by lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/** Reads an error reply; `body` may be empty or no XML at all. */
export function readFailure(status: number, header: HeaderLookup, body: string): S3Failure {
  const xml = errorElement(body);
  return {
    status,
    // MinIO tells the code of a HEAD, which has no body, in a header of its own.
    providerCode: (xml && childText(xml, "Code")) || header("x-minio-error-code") || undefined,
    providerMessage: xml && childText(xml, "Message"),
    requestId: header("x-amz-request-id") ?? (xml && childText(xml, "RequestId")),
    hostId: header("x-amz-id-2") ?? (xml && childText(xml, "HostId")),
    retryAfterMs: retryAfterMs(header("retry-after"), header("date")),
    region: header("x-amz-bucket-region") ?? (xml && childText(xml, "Region")),
  };
}

/** The `<Error>` of a body, also behind keep-alive white space; undefined if it is something else. */
export function errorElement(body: string): XmlElement | undefined {
  if (!body.includes("<Error")) return undefined;
  try {
    const root = parseXml(body);
    return root.name === "Error" ? root : undefined;
  } catch (error) {
    // A proxy's page or a cut reply: the status alone decides then.
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

/** The LodeError of a failed reply; `extra` adds to its details. */
export function s3Error(
  failure: S3Failure,
  operation: string,
  uri: string,
  extra: Readonly<Record<string, unknown>> = {},
): LodeError {
  const meaning =
    (failure.providerCode === undefined ? undefined : ownEntry(BY_CODE, failure.providerCode)) ??
    ownEntry(BY_STATUS, failure.status) ??
    (failure.status >= 500 ? ({ code: "unexpected", retry: "safe" } as const) : UNKNOWN);
  const said = [
    failure.providerCode ?? `HTTP ${failure.status}`,
    failure.providerMessage && oneLine(failure.providerMessage),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(": ");
  const advice = meaning.advice === undefined ? "" : `; ${meaning.advice}`;
  return new LodeError({
    code: meaning.code,
    retry: meaning.retry,
    message: `${operation} ${uri} failed: ${said}${advice}`,
    operation,
    uri,
    details: {
      status: failure.status,
      ...present("providerCode", failure.providerCode),
      ...present("requestId", failure.requestId),
      ...present("hostId", failure.hostId),
      ...present("retryAfterMs", failure.retryAfterMs),
      ...present("region", failure.region),
      ...extra,
    },
  });
}

/** A reply that breaks the protocol: worth another try, since a proxy may have spoilt it. */
export function malformedReply(operation: string, uri: string, why: string): LodeError {
  return new LodeError({
    code: "unexpected",
    retry: "safe",
    message: `${operation} ${uri} failed: the server's reply is wrong: ${why}`,
    operation,
    uri,
  });
}

function ownEntry<T>(table: Readonly<Record<string, T>>, key: string | number): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function present(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}

/** One line of at most 300 characters; servers put whole canonical requests into messages. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3), in milliseconds from now by the server's clock. */
function retryAfterMs(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value.trim())) return Number(value) * 1000;
  const until = Date.parse(value);
  const now = date === undefined ? Date.now() : Date.parse(date);
  return Number.isNaN(until) || Number.isNaN(now) ? undefined : Math.max(0, until - now);
}
