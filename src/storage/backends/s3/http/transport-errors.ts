import { LodeError } from "../../../../errors.js";
import type { HttpOrigin } from "./http-types.js";

/** `host:port`, an IPv6 address in brackets: how messages name the other side. */
export function originName(origin: HttpOrigin): string {
  return `${origin.host.includes(":") ? `[${origin.host}]` : origin.host}:${origin.port}`;
}

/** A reply that breaks RFC 9112. Safe to repeat: the fault may be that of one connection. */
export function protocolError(origin: string, what: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `${origin} sent a malformed HTTP reply: ${what}`,
    retry: "safe",
    details: { protocolError: true },
  });
}

export function timeoutError(origin: string, stage: string, limitMs: number): LodeError {
  return new LodeError({
    code: "timeout",
    message: `${origin}: ${stage} within ${limitMs} ms; the server or the network stalls`,
    retry: "safe",
    details: { timeoutMs: limitMs },
  });
}

/** Every connection waits for its caller. Trying again would only wait once more. */
export function allHeldError(origin: string, connections: number, limitMs: number): LodeError {
  return new LodeError({
    code: "timeout",
    message:
      `${origin}: all ${connections} connections were held for ${limitMs} ms by bodies that ` +
      "nobody reads; read each body of a get or end it by return(), or allow more connections",
    retry: "never",
    details: { timeoutMs: limitMs, connections },
  });
}

/** The reply's body ended before its announced end. */
export function truncatedError(origin: string, received: number, expected?: number): LodeError {
  const of = expected === undefined ? "" : ` of ${expected}`;
  return new LodeError({
    code: "incomplete-read",
    message: `${origin} closed the connection after ${received}${of} bytes of the reply's body`,
    retry: "safe",
    details: expected === undefined ? { received } : { received, expected },
  });
}

/** A connection that ended before a reply; `reused` says it had served earlier requests. */
export function connectionClosedError(
  origin: string,
  reused: boolean,
  what = "closed the connection before its reply",
): LodeError {
  return new LodeError({
    code: "connection",
    message: `${origin} ${what}`,
    retry: "safe",
    details: { reusedConnection: reused },
  });
}

/** Causes that trying again does not change, and what to do about them. */
const LASTING_CAUSES: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "the server does not speak TLS there; use an http:// endpoint",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the server does not speak TLS there; use an http:// endpoint",
};

const PLAIN_CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: "the host name is unknown; check the endpoint and region",
  EAI_AGAIN: "the host name could not be resolved for now; check the network's DNS",
  ECONNREFUSED: "nothing listens there; check the endpoint and that the server runs",
  ECONNRESET: "the connection was reset by the server or the network",
  EPIPE: "the server closed the connection while the request was being sent",
  ETIMEDOUT: "the network timed out",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
};

/** A socket's error as `connection`; failed certificates and wrong protocols are not retried. */
export function socketError(
  origin: string,
  error: NodeJS.ErrnoException,
  facts: { readonly reused: boolean; readonly certificateRejected: boolean },
): LodeError {
  const name = error.code ?? error.name;
  const details = { causeCode: name, reusedConnection: facts.reused };
  if (facts.certificateRejected) {
    return new LodeError({
      code: "connection",
      message:
        `${origin}: its TLS certificate is not accepted (${name}: ${error.message}); ` +
        "if a private authority signed it, set AWS_CA_BUNDLE to a file with that authority's certificate",
      retry: "never",
      details: { ...details, certificateRejected: true },
      cause: error,
    });
  }
  const lasting = LASTING_CAUSES[name];
  const why = lasting ?? PLAIN_CAUSES[name] ?? error.message;
  return new LodeError({
    code: "connection",
    message: `${origin}: ${name}: ${why}`,
    retry: lasting === undefined ? "safe" : "never",
    details,
    cause: error,
  });
}
