import * as net from "node:net";
import * as tls from "node:tls";
import type { HttpOrigin } from "./http-types.js";

/**
 * Most time for one address of a name that has several, before the next one is tried. Node's own
 * 250 ms is less than a round trip to a distant region, so that each address would fail.
 */
const ADDRESS_ATTEMPT_MS = 2_000;

/** When the kernel begins to probe a silent connection, so that a vanished server is noticed. */
const PROBE_AFTER_MS = 30_000;

/** Where a socket puts what it receives, and whom it tells; false pauses it. */
export interface Receiver {
  /** Memory for the next piece. */
  region(): Uint8Array;
  received(count: number, region: Uint8Array): boolean;
}

/**
 * Begins to connect. The socket emits `connect`, or `secureConnect` over TLS, where the server's
 * certificate is always verified.
 */
export function openSocket(
  origin: HttpOrigin,
  context: tls.SecureContext | undefined,
  receiver: Receiver,
): net.Socket {
  const options = {
    host: origin.host,
    port: origin.port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    onread: {
      buffer: () => receiver.region(),
      callback: (count: number, region: Uint8Array) => receiver.received(count, region),
    },
  };
  if (origin.protocol === "http:") return tuned(net.connect(options));
  const secure: tls.ConnectionOptions = {
    ...options,
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
    ...(net.isIP(origin.host) === 0 ? { servername: origin.host } : {}),
    ...(context === undefined ? {} : { secureContext: context }),
  };
  return tuned(tls.connect(secure));
}

function tuned(socket: net.Socket): net.Socket {
  return socket.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS);
}
