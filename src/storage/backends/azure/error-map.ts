import {
  abortedError,
  type ErrorCode,
  isLodeError,
  LodeError,
  type RetryHint,
} from "../../../errors.js";
import type { WriteMode } from "../../backend.js";

/** What became of a call, in a table: the code, whether repeating can help, and why in words. */
type Rule = readonly [code: ErrorCode, retry: RetryHint, why: string];

const NO_LOGIN = "no credential is valid; check the key, the SAS token or `az login`";
const NO_RIGHT = "the credential lacks the right; ask for a Storage Blob Data role";
const MOVED = "the object is not the expected version; read it again";
const BUSY = "the service asks for fewer requests";
const CLOCK_OR_KEY = "the signature was refused; check the key and this machine's clock";

/** By Azure's error code: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes */
const BY_CODE: Readonly<Record<string, Rule>> = {
  BlobNotFound: ["not-found", "never", "there is no such object"],
  ResourceNotFound: ["not-found", "never", "there is no such object"],
  ContainerNotFound: ["not-found", "never", "there is no such container; create it first"],
  ContainerDisabled: ["permission-denied", "never", "the container is disabled"],
  CannotVerifyCopySource: ["not-found", "never", "the source cannot be read"],
  BlobAlreadyExists: ["already-exists", "never", "the object exists"],
  ContainerAlreadyExists: ["already-exists", "never", "the container exists"],
  ResourceAlreadyExists: ["already-exists", "never", "it exists"],
  UnauthorizedBlobOverwrite: [
    "already-exists",
    "never",
    "the credential may create but not replace",
  ],
  ContainerBeingDeleted: ["unexpected", "safe", "the container is being deleted; wait a minute"],
  ConditionNotMet: ["precondition-failed", "never", MOVED],
  TargetConditionNotMet: ["precondition-failed", "never", MOVED],
  SourceConditionNotMet: ["precondition-failed", "never", "the source is not the expected version"],
  LeaseIdMissing: ["precondition-failed", "never", "another program holds a lease on it"],
  LeaseIdMismatchWithBlobOperation: [
    "precondition-failed",
    "never",
    "another program holds a lease",
  ],
  SnapshotsPresent: ["precondition-failed", "never", "it has snapshots; delete those first"],
  PendingCopyOperation: ["precondition-failed", "never", "a copy to it is still running"],
  BlobArchived: [
    "precondition-failed",
    "never",
    "it is archived; rehydrate it to hot or cool first",
  ],
  BlobBeingRehydrated: ["precondition-failed", "never", "it is being rehydrated; wait"],
  BlobImmutableDueToPolicy: ["permission-denied", "never", "a policy makes it immutable"],
  InvalidBlobType: ["unsupported", "never", "it is no block blob"],
  InvalidRange: ["invalid-argument", "never", "the range is outside the object"],
  InvalidBlockList: [
    "not-found",
    "never",
    "its blocks are gone: another write of this key dropped them",
  ],
  InvalidBlobOrBlock: [
    "invalid-argument",
    "never",
    "another program's unfinished upload to this key has ids of other length; wait a week or delete the blob",
  ],
  BlockCountExceedsLimit: ["invalid-argument", "never", "it has too many blocks"],
  RequestBodyTooLarge: ["invalid-argument", "never", "the body is too large for one request"],
  MetadataTooLarge: ["invalid-argument", "never", "its metadata is more than 8 KiB"],
  InvalidMetadata: ["invalid-argument", "never", "its metadata has a character that Azure refuses"],
  InvalidResourceName: ["invalid-key", "never", "Azure refuses the name"],
  InvalidUri: ["invalid-key", "never", "Azure refuses the name"],
  Md5Mismatch: ["integrity", "safe", "bytes changed on their way"],
  Crc64Mismatch: ["integrity", "safe", "bytes changed on their way"],
  NoAuthenticationInformation: ["unauthenticated", "never", NO_LOGIN],
  InvalidAuthenticationInfo: ["unauthenticated", "never", NO_LOGIN],
  AuthenticationFailed: ["unauthenticated", "never", CLOCK_OR_KEY],
  AuthorizationFailure: ["permission-denied", "never", NO_RIGHT],
  AuthorizationPermissionMismatch: ["permission-denied", "never", NO_RIGHT],
  AuthorizationServiceMismatch: ["permission-denied", "never", NO_RIGHT],
  AuthorizationResourceTypeMismatch: ["permission-denied", "never", NO_RIGHT],
  AuthorizationProtocolMismatch: ["permission-denied", "never", "the SAS token allows https only"],
  InsufficientAccountPermissions: ["permission-denied", "never", NO_RIGHT],
  PublicAccessNotPermitted: [
    "permission-denied",
    "never",
    "the account allows no anonymous access",
  ],
  AccountIsDisabled: ["permission-denied", "never", "the account is disabled"],
  ServerBusy: ["rate-limited", "safe", BUSY],
  OperationTimedOut: ["timeout", "safe", "the service did not finish in time"],
  InternalError: ["unexpected", "safe", "the service failed"],
};

/** Where Azure gives no code that is known above. */
const BY_STATUS: Readonly<Record<number, Rule>> = {
  304: ["precondition-failed", "never", "it has not changed"],
  400: ["invalid-argument", "never", "the service refused the request"],
  401: ["unauthenticated", "never", NO_LOGIN],
  403: ["permission-denied", "never", NO_RIGHT],
  405: ["unsupported", "never", "the service does not allow this here"],
  408: ["timeout", "safe", "the service gave up waiting"],
  412: ["precondition-failed", "never", MOVED],
  416: ["invalid-argument", "never", "the range is outside the object"],
  429: ["rate-limited", "safe", BUSY],
  500: ["unexpected", "safe", "the service failed"],
  502: ["connection", "safe", "a gateway got no answer"],
  503: ["rate-limited", "safe", BUSY],
  504: ["timeout", "safe", "a gateway got no answer in time"],
};

const LOST: Rule = ["connection", "safe", "the connection was lost"];
const BAD_CERTIFICATE: Rule = [
  "connection",
  "never",
  "the server's certificate is not trusted; set NODE_EXTRA_CA_CERTS for a private authority",
];

/** By the code of Node or of the SDK's HTTP client. */
const BY_NETWORK: Readonly<Record<string, Rule>> = {
  ECONNREFUSED: ["connection", "safe", "nothing listens there; check the endpoint"],
  ENOTFOUND: ["connection", "safe", "the host has no address; check the account's name"],
  EAI_AGAIN: ["connection", "safe", "the host's address could not be looked up"],
  ETIMEDOUT: ["timeout", "safe", "no connection in time"],
  ECONNRESET: LOST,
  EPIPE: LOST,
  EHOSTUNREACH: LOST,
  ENETUNREACH: LOST,
  ENETDOWN: LOST,
  ECONNABORTED: LOST,
  REQUEST_SEND_ERROR: LOST,
  ERR_STREAM_PREMATURE_CLOSE: LOST,
  EPROTO: ["connection", "safe", "the server broke the protocol"],
  PARSE_ERROR: ["incomplete-read", "safe", "the answer was cut off or is no XML"],
  DEPTH_ZERO_SELF_SIGNED_CERT: BAD_CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: BAD_CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: BAD_CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: BAD_CERTIFICATE,
  CERT_HAS_EXPIRED: BAD_CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: BAD_CERTIFICATE,
};

/** What `@azure/identity` throws. */
const LOGIN_ERRORS = [
  "CredentialUnavailableError",
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
];

/** The call that failed. */
export interface FailedCall {
  readonly operation: string;
  readonly uri: string;
  /** A lost `create` is `already-exists`, whatever Azure calls it. */
  readonly mode?: WriteMode | undefined;
  /** The caller's signal has fired. */
  readonly aborted?: boolean | undefined;
}

/** What this module reads of the SDK's RestError. */
interface ServiceError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly errorCode?: unknown } | undefined;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } } | undefined;
}

/**
 * Any error of the SDK as a LodeError. The SDK's error is not kept as the cause: its request holds
 * the signed URL and the Authorization header.
 */
export function mapAzureError(error: unknown, call: FailedCall): LodeError {
  if (isLodeError(error)) return error;
  if (call.aborted === true) return abortedError(call.operation, call.uri);
  const seen = (typeof error === "object" && error !== null ? error : {}) as ServiceError;
  const network = typeof seen.code === "string" ? seen.code : undefined;
  const rule = network === undefined ? undefined : BY_NETWORK[network];
  if (typeof seen.statusCode === "number") {
    // The status of an answer that cannot be parsed says nothing, unless it tells of a failure.
    const unreadable = network === "PARSE_ERROR" && seen.statusCode < 300;
    if (!unreadable) return ofAnswer(seen, seen.statusCode, call);
  }
  if (rule !== undefined) return make(rule, call, { providerCode: network }, error);
  if (LOGIN_ERRORS.includes(String(seen.name))) {
    return make(["unauthenticated", "never", NO_LOGIN], call, {}, error);
  }
  // The SDK reports a connection that ends inside a body as an abort of its own.
  if (seen.name === "AbortError") return make(LOST, call, {}, error);
  const why = `unexpected error: ${withoutSecrets(String(seen.message ?? error))}`;
  return make(["unexpected", "never", why], call, {}, error);
}

function ofAnswer(seen: ServiceError, status: number, call: FailedCall): LodeError {
  const header = (name: string) => seen.response?.headers?.get(name);
  const providerCode =
    [seen.details?.errorCode, header("x-ms-error-code"), seen.code].find(isText) ?? undefined;
  const details = {
    status,
    ...(providerCode === undefined ? {} : { providerCode }),
    ...(header("x-ms-request-id") === undefined ? {} : { requestId: header("x-ms-request-id") }),
    ...retryAfter(header("retry-after"), header("x-ms-retry-after-ms")),
    ...(status === 304 ? { notModified: true } : {}),
    ...sizeOf416(status, header("content-range")),
  };
  return make(ruleFor(seen, status, providerCode, details.requestId, call), call, details, seen);
}

function ruleFor(
  seen: ServiceError,
  status: number,
  providerCode: string | undefined,
  requestId: string | undefined,
  call: FailedCall,
): Rule {
  if (status === 304) return BY_STATUS[304] as Rule;
  const lost = providerCode === "ConditionNotMet" || providerCode === "TargetConditionNotMet";
  if (lost && call.mode === "create") return BY_CODE.BlobAlreadyExists as Rule;
  // The emulator has no Md5Mismatch.
  if (status === 400 && /md5/i.test(String(seen.message))) return BY_CODE.Md5Mismatch as Rule;
  const rule = BY_CODE[providerCode ?? ""] ?? BY_STATUS[status];
  if (rule !== undefined) return rule;
  // A 404 without Azure's own id comes from something between, and says nothing of the object.
  if (status === 404 && requestId !== undefined) return BY_CODE.ResourceNotFound as Rule;
  return ["unexpected", status >= 500 ? "safe" : "never", `the service answered ${status}`];
}

function make(
  [code, retry, why]: Rule,
  call: FailedCall,
  details: Readonly<Record<string, unknown>>,
  cause: unknown,
): LodeError {
  const facts = [
    details.status,
    details.providerCode,
    details.requestId === undefined ? undefined : `request ${details.requestId}`,
  ].filter((fact) => fact !== undefined);
  return new LodeError({
    code,
    retry,
    message: `${call.operation} ${call.uri} failed: ${why}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`,
    operation: call.operation,
    uri: call.uri,
    details,
    cause: safeCause(cause),
  });
}

/** Name, code and message only. */
function safeCause(cause: unknown): Error | undefined {
  if (!(cause instanceof Error)) return undefined;
  const safe = new Error(withoutSecrets(cause.message.split("\n")[0] ?? ""));
  safe.name = cause.name;
  return safe;
}

/** Query strings hold signatures. */
function withoutSecrets(text: string): string {
  return text
    .replace(/(https?:\/\/[^\s?'"]+)\?[^\s'"]*/g, "$1?...")
    .replace(/\b(sig|AccountKey|SharedAccessSignature)=[^\s&;'"]+/gi, "$1=...")
    .replace(/\b(Bearer|SharedKey)\s+\S+/g, "$1 ...");
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), or Azure's in milliseconds. */
function retryAfter(
  text: string | undefined,
  milliseconds: string | undefined,
): { retryAfterMs?: number } {
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) {
    return { retryAfterMs: Number(milliseconds) };
  }
  if (text === undefined) return {};
  if (/^\d+$/.test(text)) return { retryAfterMs: Number(text) * 1000 };
  const at = Date.parse(text);
  return Number.isNaN(at) ? {} : { retryAfterMs: Math.max(0, at - Date.now()) };
}

/** A refused range comes with `bytes ` + `*` + `/size`. */
function sizeOf416(status: number, contentRange: string | undefined): { size?: number } {
  const match = status === 416 ? /^bytes \*\/(\d+)$/.exec(contentRange ?? "") : null;
  return match === null ? {} : { size: Number(match[1]) };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
