import * as tls from "node:tls";
import { isLodeError, LodeError, throwIfAborted } from "../../../../errors.js";
import { ConnectionPool } from "./connection-pool.js";
import type {
  HttpClientOptions,
  HttpClientStats,
  HttpRequest,
  HttpResponse,
} from "./http-types.js";
import { hostHeader, requestHead } from "./request-head.js";
import { originName } from "./transport-errors.js";
import { trustedRoots } from "./trusted-roots.js";

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 256;
const KEEP_ALIVE_MS = 15_000;

/** A client of one origin, with a pool of kept connections. */
export class HttpClient {
  readonly #pool: ConnectionPool;
  readonly #host: string;
  #sent = 0;
  #resent = 0;
  #closed = false;

  /** Throws `invalid-config` for a CA bundle that cannot be read. */
  constructor(options: HttpClientOptions) {
    const { origin, ca } = options;
    const secure = origin.protocol === "https:";
    this.#host = hostHeader(origin);
    this.#pool = new ConnectionPool(
      {
        origin,
        originName: originName(origin),
        context:
          secure && ca !== undefined
            ? tls.createSecureContext({ ca: trustedRoots(ca) })
            : undefined,
        connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      },
      options.maxConnections ?? MAX_CONNECTIONS,
      options.keepAliveMs ?? KEEP_ALIVE_MS,
    );
  }

  get stats(): HttpClientStats {
    const { opened, open, idle, waiting } = this.#pool;
    return { opened, open, idle, waiting, sent: this.#sent, resent: this.#resent };
  }

  /**
   * Resolves when the head of the reply is there; any status is a reply, not an error. The body must
   * be read or discarded. Throws `invalid-argument` before any I/O, `connection`, `timeout`,
   * `aborted`, `corrupt-format`.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    if (this.#closed) {
      throw new LodeError({ code: "invalid-argument", message: "the HTTP client is closed" });
    }
    const head = requestHead(request, this.#host);
    throwIfAborted(request.signal, request.method);
    const kept = this.#pool.takeIdle() ?? (await this.#pool.acquire(request.signal));
    this.#sent++;
    try {
      return await kept.send(request, head);
    } catch (error) {
      if (!wasStale(error) || !mayResend(request)) throw error;
    }
    const fresh = await this.#pool.acquire(request.signal);
    this.#resent++;
    this.#sent++;
    return await fresh.send(request, head);
  }

  /** Closes all connections; requests under way fail with `aborted`. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.close();
  }
}

/** The server closed a kept connection at the moment it was used again. */
function wasStale(error: unknown): boolean {
  return isLodeError(error, "connection") && error.details.reusedConnection === true;
}

function mayResend(request: HttpRequest): boolean {
  if (request.resend !== undefined) return request.resend;
  const { method } = request;
  if (method === "GET" || method === "HEAD") return true;
  if (method !== "PUT" && method !== "DELETE") return false;
  // Sent twice, a conditional write can fail on its own first success.
  return !request.headers.some(([name]) => /^if-(?:none-)?match$/i.test(name));
}
