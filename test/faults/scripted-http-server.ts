import * as net from "node:net";
import * as tls from "node:tls";
import { type Answer, playAnswer } from "./scripted-answer.js";

/** One request as it came, its body as long as announced. */
export interface RecordedRequest {
  readonly method: string;
  /** As sent: path and query, percent-encoded. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly head: string;
  readonly body: Buffer;
  /** The connection's number, from 0. */
  readonly connection: number;
}

/** Which requests a rule answers; what is absent matches all. */
export interface RequestMatch {
  readonly method?: string | undefined;
  /** The path exactly, or a pattern for path and query. */
  readonly path?: string | RegExp | undefined;
}

/** What to answer the nth request (from 0) that the rule matches; undefined leaves it to the next rule. */
export type Responder = (request: RecordedRequest, nth: number) => Answer | undefined;

interface Rule {
  readonly match: RequestMatch;
  readonly respond: Responder;
  count: number;
}

/** A raw server on 127.0.0.1 that answers by a script, so that a test decides on every byte. */
export class ScriptedHttpServer {
  readonly requests: RecordedRequest[] = [];
  /** Requests that no rule wanted; they were answered by 418. */
  readonly unexpected: RecordedRequest[] = [];
  connections = 0;
  /** Requests that are being answered now, and the most that ever were. */
  inFlight = 0;
  maxInFlight = 0;
  readonly #rules: Rule[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;

  private constructor(secure: tls.TlsOptions | undefined) {
    const accept = (socket: net.Socket) => this.#accept(socket);
    this.#server =
      secure === undefined ? net.createServer(accept) : tls.createServer(secure, accept);
  }

  static async listen(secure?: tls.TlsOptions): Promise<ScriptedHttpServer> {
    const server = new ScriptedHttpServer(secure);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get url(): string {
    const scheme = this.#server instanceof tls.Server ? "https" : "http";
    return `${scheme}://127.0.0.1:${this.port}`;
  }

  /** Adds a rule; the first one whose responder gives an answer wins. */
  on(match: RequestMatch, respond: Responder | Answer): this {
    const responder = typeof respond === "function" ? respond : () => respond;
    this.#rules.push({ match, respond: responder, count: 0 });
    return this;
  }

  /** The requests that match, in order. */
  received(match: RequestMatch): RecordedRequest[] {
    return this.requests.filter((request) => matches(request, match));
  }

  /** Ends the connections that stand now. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.end();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: net.Socket): void {
    const connection = this.connections++;
    let held: Buffer = Buffer.alloc(0);
    let busy = false;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => this.#sockets.delete(socket));
    // A client that gives up resets the connection: the test looks at the client's side.
    socket.on("error", () => socket.destroy());

    const take = async (): Promise<void> => {
      if (busy) return;
      busy = true;
      for (;;) {
        const parsed = parseRequest(held, connection);
        if (parsed === undefined || socket.destroyed) break;
        held = held.subarray(parsed.length);
        await this.#answer(socket, parsed.request);
      }
      busy = false;
    };
    socket.on("data", (data: Buffer) => {
      held = held.length === 0 ? data : Buffer.concat([held, data]);
      take().catch(() => socket.destroy());
    });
  }

  async #answer(socket: net.Socket, request: RecordedRequest): Promise<void> {
    this.requests.push(request);
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    try {
      await playAnswer(socket, this.#find(request));
    } finally {
      this.inFlight--;
    }
  }

  #find(request: RecordedRequest): Answer {
    for (const rule of this.#rules) {
      if (!matches(request, rule.match)) continue;
      const answer = rule.respond(request, rule.count);
      if (answer === undefined) continue;
      rule.count++;
      return answer;
    }
    this.unexpected.push(request);
    return ["HTTP/1.1 418 No rule\r\ncontent-length: 0\r\n\r\n"];
  }
}

function matches(request: RecordedRequest, { method, path }: RequestMatch): boolean {
  if (method !== undefined && method !== request.method) return false;
  if (path === undefined) return true;
  return typeof path === "string" ? path === request.path : path.test(request.target);
}

function parseRequest(
  bytes: Buffer,
  connection: number,
): { request: RecordedRequest; length: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const start = end + 4;
  const length = start + Number(headers.get("content-length") ?? 0);
  if (bytes.length < length) return undefined;
  const [method = "", target = ""] = first.split(" ");
  const mark = target.indexOf("?");
  const request = {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
    headers,
    head,
    body: Buffer.from(bytes.subarray(start, length)),
    connection,
  };
  return { request, length };
}
