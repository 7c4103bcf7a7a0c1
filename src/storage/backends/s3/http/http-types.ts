import type { ReplayableBody } from "../../../backend.js";

/** Whom a client talks to. */
export interface HttpOrigin {
  readonly protocol: "http:" | "https:";
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export type HttpHeader = readonly [name: string, value: string];

/** A request body of known length; arrays are sent one piece after the other without copying. */
export type HttpRequestBody = Uint8Array | readonly Uint8Array[] | ReplayableBody;

export interface HttpRequest {
  readonly method: string;
  /** Path and query as they go on the wire: already encoded, sent verbatim. */
  readonly target: string;
  /**
   * Sent in this order. The client adds `host` and `accept-encoding: identity` unless given, and
   * `content-length` where there is a body (0 for PUT and POST without one) unless given.
   */
  readonly headers: readonly HttpHeader[];
  /** Its bytes must not change until the call ends. */
  readonly body?: HttpRequestBody | undefined;
  /**
   * Where the body goes if the status is 200 or 206 and its announced length fits: received
   * straight into this memory, without a copy. Read the result with `body.readInto()`. If the
   * request fails, what it holds is undefined.
   */
  readonly into?: Uint8Array | undefined;
  /** Ends the call at any stage, the body's included, with `aborted`; closes the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Most milliseconds without any progress of reading or writing; overrides the client's. */
  readonly idleTimeoutMs?: number | undefined;
  /** Send the body only after `100 Continue`, or after a second without any answer. */
  readonly expectContinue?: boolean | undefined;
  /**
   * Whether the client may itself send the request a second time if a kept connection turns out to
   * be closed before any byte of the reply. Default: true for GET and HEAD, and for PUT and DELETE
   * without `if-match` and `if-none-match`; false for all else.
   */
  readonly resend?: boolean | undefined;
}

export interface HttpHeaders {
  /** The value of a header by its lower-case name; several lines are joined by `, `. */
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** Lower-case names and values, as received. */
  entries(): readonly HttpHeader[];
}

/**
 * The body of a reply. Exactly one of the methods must be called, once: until then a body that is
 * not complete holds its connection. All throw `incomplete-read` if it ends early, `connection`,
 * `timeout`, `aborted`, and `corrupt-format` for a broken chunked encoding.
 */
export interface HttpBody {
  /** Announced length in bytes; undefined if chunked or ended by closing the connection. */
  readonly length: number | undefined;
  /** Bytes of it that have arrived so far. */
  readonly received: number;
  /** With back-pressure; a chunk is valid until the next is asked for; `return()` frees the socket. */
  stream(): AsyncIterable<Uint8Array>;
  /** All of it, in memory that is not used again. Throws `unexpected` if it is longer than `maxBytes`. */
  collect(maxBytes: number): Promise<Uint8Array>;
  /**
   * The number of bytes put at the start of the request's `into`. Works for bodies without an
   * announced length too, by copying. Throws `unexpected` if the body is longer than `into`.
   */
  readInto(): Promise<number>;
  /** Reads and drops a short rest so that the connection can be used again, else closes it. */
  discard(): Promise<void>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: HttpBody;
}

export interface HttpClientOptions {
  readonly origin: HttpOrigin;
  /** PEM certificates (whole bundles) trusted in addition to the system's roots. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** Most milliseconds until a connection stands, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Most milliseconds without any progress of reading or writing. Default 30,000; 0 is no limit. */
  readonly idleTimeoutMs?: number | undefined;
  /** Most connections at a time; further requests wait. Default 256. */
  readonly maxConnections?: number | undefined;
  /** How long an unused connection is kept open, in milliseconds. Default 15,000. */
  readonly keepAliveMs?: number | undefined;
}

export interface HttpClientStats {
  /** Connections opened since the client was made. */
  readonly opened: number;
  /** Connections that stand, or are being made, now. */
  readonly open: number;
  /** Those of `open` that wait for a request. */
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  /** Requests sent, those sent a second time counted twice. */
  readonly sent: number;
  /** Requests sent again because a kept connection was closed. */
  readonly resent: number;
}
