import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { abortedError, type LodeError, toLodeError } from "../../../../errors.js";
import { listenForAbort } from "./abort-listener.js";
import { type BodyWriter, writeRequest } from "./body-writer.js";
import type { ConnectionKeeper, ConnectionSettings } from "./connection-settings.js";
import { HeaderSection, MalformedReply } from "./header-section.js";
import type { HttpRequest, HttpResponse } from "./http-types.js";
import { openSocket, type Receiver } from "./open-socket.js";
import { type BodyOwner, ResponseBody } from "./response-body.js";
import { parseResponseHead } from "./response-head.js";
import {
  connectionClosedError,
  protocolError,
  socketError,
  timeoutError,
} from "./transport-errors.js";

const RECEIVE_BYTES = 131_072;
/** Servers send one or two; without a bound they would hold a request for ever. */
const MAX_INTERIM = 32;

/**
 * One socket and at most one request on it. Everything that goes wrong ends in `fail`, which
 * destroys the socket first, so that nothing is written to the caller's memory afterwards.
 */
export class Connection implements BodyOwner, Receiver {
  readonly origin: string;
  readonly #settings: ConnectionSettings;
  readonly #keeper: ConnectionKeeper<Connection>;
  readonly #secure: boolean;
  readonly #socket: Socket;
  readonly #section = new HeaderSection();
  #buffer: Buffer;
  #spare: Buffer | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  /** What the socket's own timer is set to. */
  #idleLimitMs = 0;
  #served = 0;
  #lost = false;
  #paused = false;
  /** How often bytes arrived. */
  #reads = 0;
  // The request under way.
  #request: HttpRequest | undefined;
  #signal: AbortSignal | undefined;
  #resolve: ((response: HttpResponse) => void) | undefined;
  #reject: ((error: LodeError) => void) | undefined;
  #writer: BodyWriter | undefined;
  #body: ResponseBody | undefined;
  #keepAlive = false;
  #replyBegun = false;
  /** Interim replies (1xx) to the request under way. */
  #interim = 0;
  /** How long the server keeps it when idle. */
  keepAliveMs = Number.POSITIVE_INFINITY;
  /** When an idle connection is too old to be used, in `performance.now()` milliseconds. */
  idleUntil = 0;

  constructor(settings: ConnectionSettings, keeper: ConnectionKeeper<Connection>) {
    this.origin = settings.originName;
    this.#settings = settings;
    this.#keeper = keeper;
    this.#secure = settings.origin.protocol === "https:";
    this.#buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    this.#socket = openSocket(settings.origin, settings.context, this);
    this.#socket.on("error", (error) => this.#socketFailed(error));
    this.#socket.on("end", () => this.#inputEnded());
    this.#socket.on("timeout", () => this.#timedOut());
    this.#socket.on("close", () => this.fail(this.#closedEarly()));
  }

  /** True once a request has been answered on it. */
  get reused(): boolean {
    return this.#served > 0;
  }

  /** Grows with whatever is received or sent. */
  get moves(): number {
    return this.#reads + this.#socket.bytesWritten;
  }

  /** The request under way can only go on when its caller reads the reply or gives more to send. */
  get awaitsCaller(): boolean {
    return this.#paused || this.#writer?.awaitsSource === true;
  }

  /** Resolves when it stands; called once, at first. */
  connect(signal: AbortSignal | undefined): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#listen(signal);
      const limit = this.#settings.connectTimeoutMs;
      this.#connectTimer = setTimeout(() => {
        this.fail(timeoutError(this.origin, "no connection could be made", limit));
      }, limit);
      this.#socket.once(this.#secure ? "secureConnect" : "connect", () => {
        if (this.#lost) return;
        clearTimeout(this.#connectTimer);
        // Once, so that later calls only start the handle again: pausing is by `received`.
        this.#socket.resume();
        this.#endRequest();
        resolve(this);
      });
    });
  }

  /** Sends a request; resolves with the reply's head. */
  send(request: HttpRequest, head: string): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(connectionClosedError(this.origin, true));
        return;
      }
      if (request.signal?.aborted === true) {
        this.#keeper.released(this);
        reject(abortedError(request.method, undefined, request.signal.reason));
        return;
      }
      this.resume();
      this.#resolve = resolve;
      this.#reject = reject;
      this.#request = request;
      this.#replyBegun = false;
      this.#listen(request.signal);
      this.#limitIdleness(request.idleTimeoutMs ?? this.#settings.idleTimeoutMs);
      const writer = writeRequest(this.#socket, this.#secure, request, head);
      this.#writer = writer;
      writer?.finished.catch((error: unknown) => {
        if (this.#writer === writer) this.fail(toLodeError(error, request.method));
      });
    });
  }

  /** The process may end while this connection is unused. */
  rest(): void {
    this.#socket.unref();
  }

  wake(): void {
    this.#socket.ref();
  }

  /** Resolves when the socket is closed; for after `fail`. */
  closed(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }

  /** Ends the connection and whatever goes on on it; without effect the second time. */
  fail(error: LodeError): void {
    if (this.#lost) return;
    this.#lost = true;
    clearTimeout(this.#connectTimer);
    this.#socket.destroy();
    const reject = this.#reject;
    const body = this.#body;
    this.#endRequest();
    this.#keeper.lost(this);
    body?.fail(error);
    reject?.(error);
  }

  /** An AbortSignal's listener: an object needs no closure for each request. */
  handleEvent(): void {
    this.fail(abortedError(this.#request?.method, undefined, this.#signal?.reason));
  }

  // ---- Receiver

  region(): Uint8Array {
    return this.#body?.region() ?? this.#buffer;
  }

  received(count: number, region: Uint8Array): boolean {
    this.#reads++;
    try {
      const more = this.#take(region as Buffer, count);
      this.#paused = !more;
      return more;
    } catch (error) {
      this.fail(
        error instanceof MalformedReply
          ? protocolError(this.origin, error.message)
          : toLodeError(error, this.#request?.method),
      );
      return false;
    }
  }

  // ---- BodyOwner

  resume(): void {
    if (!this.#paused || this.#lost) return;
    this.#paused = false;
    this.#socket.resume();
  }

  swapBuffer(): void {
    // A plain socket receives nothing while it is paused; TLS goes on with what it has decrypted.
    if (!this.#secure) return;
    const used = this.#buffer;
    this.#buffer = this.#spare ?? Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    this.#spare = used;
  }

  bodyDone(reusable: boolean): void {
    if (this.#lost) return;
    const sent = this.#socket.writableLength === 0 && (this.#writer?.done ?? true);
    const keep = reusable && this.#keepAlive && sent;
    this.#served++;
    this.#endRequest();
    if (keep) {
      this.resume();
      this.#keeper.released(this);
    } else {
      this.fail(this.#closedEarly());
    }
  }

  bodyAbandoned(error: LodeError): void {
    this.fail(error);
  }

  // ---- receiving

  /** False to pause. */
  #take(bytes: Buffer, count: number): boolean {
    if (this.#body !== undefined) return this.#body.receive(bytes, 0, count);
    if (this.#resolve === undefined) throw new MalformedReply("bytes that no request asked for");
    if (!this.#replyBegun) this.#interim = 0;
    this.#replyBegun = true;
    const method = this.#request!.method;
    let at = 0;
    for (;;) {
      at = this.#section.push(bytes, at, count);
      if (at < 0) return true;
      const head = parseResponseHead(this.#section.text, method);
      if (head.status === 101) throw new MalformedReply("a switch of protocols");
      if (head.status < 200) {
        if (++this.#interim > MAX_INTERIM) throw new MalformedReply("interim replies without end");
        if (head.status === 100) this.#writer?.proceed();
        continue;
      }
      // An answer while the body is still on its way: it will not be read by the server.
      if (head.status >= 300) this.#writer?.stop();
      this.#keepAlive = head.keepAlive;
      this.keepAliveMs = head.keepAliveMs ?? Number.POSITIVE_INFINITY;
      const wanted = head.status === 200 || head.status === 206;
      const body = new ResponseBody(this, head.framing, wanted ? this.#request!.into : undefined);
      this.#body = body;
      const resolve = this.#resolve;
      this.#resolve = undefined;
      this.#reject = undefined;
      resolve({ status: head.status, headers: head.headers, body });
      return body.receive(bytes, at, count);
    }
  }

  #inputEnded(): void {
    if (this.#body !== undefined) this.#body.inputEnded();
    else this.fail(this.#closedEarly());
  }

  // ---- ends

  #endRequest(): void {
    this.#signal?.removeEventListener("abort", this);
    this.#signal = undefined;
    this.#writer?.stop();
    this.#writer = undefined;
    this.#body = undefined;
    this.#request = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
  }

  #listen(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    this.#signal = signal;
    listenForAbort(signal, this);
  }

  #limitIdleness(limitMs: number): void {
    if (limitMs === this.#idleLimitMs) return;
    this.#idleLimitMs = limitMs;
    this.#socket.setTimeout(limitMs);
  }

  #timedOut(): void {
    const limit = this.#idleLimitMs;
    this.#idleLimitMs = 0;
    const request = this.#request;
    if (request === undefined) return;
    if (this.awaitsCaller) {
      // The caller is slow, not the server.
      this.#limitIdleness(limit);
      return;
    }
    // If this process itself was busy for so long, the bytes may have been waiting: look first.
    const reads = this.#reads;
    setImmediate(() => {
      if (this.#request !== request) return;
      if (this.#reads === reads) this.#stalled(limit);
      else this.#limitIdleness(limit);
    });
  }

  #stalled(limit: number): void {
    const sent = this.#writer === undefined || this.#writer.done;
    this.fail(
      timeoutError(
        this.origin,
        sent ? "no byte of the reply arrived" : "no byte of the body was taken",
        limit,
      ),
    );
  }

  #socketFailed(error: NodeJS.ErrnoException): void {
    const facts = {
      reused: this.reused && !this.#replyBegun,
      certificateRejected: this.#secure && Boolean((this.#socket as TLSSocket).authorizationError),
    };
    this.fail(socketError(this.origin, error, facts));
  }

  #closedEarly(): LodeError {
    return this.#replyBegun && this.#request !== undefined
      ? connectionClosedError(this.origin, false, "closed the connection amid its reply")
      : connectionClosedError(this.origin, this.reused);
  }
}
