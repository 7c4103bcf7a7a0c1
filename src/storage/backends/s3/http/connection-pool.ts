import { abortedError, type LodeError, throwIfAborted, toLodeError } from "../../../../errors.js";
import { listenForAbort } from "./abort-listener.js";
import { Connection } from "./connection.js";
import type { ConnectionKeeper, ConnectionSettings } from "./connection-settings.js";
import { allHeldError, connectionClosedError } from "./transport-errors.js";

/** Of the time that a server keeps a connection, so that it is not closed just as it is used. */
const SERVER_KEEP_SHARE = 0.8;

/** Looks within one idle limit: in several, time in which this process itself was busy counts once. */
const LOOKS = 4;

interface Waiter {
  readonly signal: AbortSignal | undefined;
  resolve(connection: Connection): void;
  reject(error: LodeError): void;
}

/**
 * Keeps connections for the next request, the one used last first, so that those beyond what is in
 * flight grow old and are closed.
 */
export class ConnectionPool implements ConnectionKeeper<Connection> {
  readonly #settings: ConnectionSettings;
  readonly #maxConnections: number;
  readonly #keepAliveMs: number;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #waiting: Waiter[] = [];
  #sweeper: NodeJS.Timeout | undefined;
  #opened = 0;
  #closed = false;

  constructor(settings: ConnectionSettings, maxConnections: number, keepAliveMs: number) {
    this.#settings = settings;
    this.#maxConnections = maxConnections;
    this.#keepAliveMs = keepAliveMs;
  }

  get opened(): number {
    return this.#opened;
  }
  get open(): number {
    return this.#all.size;
  }
  get idle(): number {
    return this.#idle.length;
  }
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A kept connection, at once, if there is one. */
  takeIdle(): Connection | undefined {
    const connection = this.#idle.at(-1);
    if (connection === undefined) return undefined;
    if (connection.idleUntil < performance.now()) {
      this.#closeIdle();
      return undefined;
    }
    this.#idle.pop();
    connection.wake();
    return connection;
  }

  /** A new connection, or under the limit's pressure the first one that becomes free. */
  async acquire(signal: AbortSignal | undefined): Promise<Connection> {
    throwIfAborted(signal, "connect");
    if (this.#all.size >= this.#maxConnections) {
      const oldest = this.#idle[0];
      if (oldest === undefined) return await this.#wait(signal);
      oldest.fail(this.#unused());
    }
    return await this.#connect(signal);
  }

  released(connection: Connection): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.resolve(connection);
      return;
    }
    if (this.#closed || this.#keepAliveMs <= 0) {
      connection.fail(this.#unused());
      return;
    }
    const kept = Math.min(this.#keepAliveMs, connection.keepAliveMs * SERVER_KEEP_SHARE);
    connection.idleUntil = performance.now() + kept;
    connection.rest();
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#closeOld(), this.#keepAliveMs / 2).unref();
  }

  lost(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#idle.length === 0) this.#stopSweeping();
    const waiter = this.#closed ? undefined : this.#waiting.shift();
    if (waiter === undefined) return;
    this.#connect(waiter.signal).then(waiter.resolve, (error: unknown) => {
      waiter.reject(toLodeError(error, "connect"));
    });
  }

  /** Ends everything; resolves when all sockets are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = this.#closedError();
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
    const all = [...this.#all];
    for (const connection of all) connection.fail(error);
    this.#stopSweeping();
    await Promise.all(all.map((connection) => connection.closed()));
  }

  async #connect(signal: AbortSignal | undefined): Promise<Connection> {
    if (this.#closed) throw this.#closedError();
    const connection = new Connection(this.#settings, this);
    this.#opened++;
    this.#all.add(connection);
    return await connection.connect(signal);
  }

  /**
   * Waits for a connection. Throws `timeout` if for a whole idle limit none of them moved a byte
   * because their callers neither read nor send: those that wait for the server end by themselves.
   */
  #wait(signal: AbortSignal | undefined): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearInterval(watch);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        signal,
        resolve: (connection) => {
          stop();
          resolve(connection);
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      };
      const giveUp = (error: LodeError) => {
        const at = this.#waiting.indexOf(waiter);
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        waiter.reject(error);
      };
      const onAbort = {
        handleEvent: () => giveUp(abortedError("connect", undefined, signal?.reason)),
      };
      const { idleTimeoutMs, originName } = this.#settings;
      let moves = this.#moves();
      let still = 0;
      const look = () => {
        const now = this.#moves();
        still = now === moves && this.#allHeld() ? still + 1 : 0;
        moves = now;
        if (still === LOOKS) giveUp(allHeldError(originName, this.#all.size, idleTimeoutMs));
      };
      const watch = idleTimeoutMs > 0 ? setInterval(look, idleTimeoutMs / LOOKS) : undefined;
      if (signal !== undefined) listenForAbort(signal, onAbort);
      this.#waiting.push(waiter);
    });
  }

  /** Grows whenever bytes move on any connection. */
  #moves(): number {
    let moves = 0;
    for (const connection of this.#all) moves += connection.moves;
    return moves;
  }

  #allHeld(): boolean {
    for (const connection of this.#all) if (!connection.awaitsCaller) return false;
    return true;
  }

  #closeOld(): void {
    const now = performance.now();
    while (this.#idle[0] !== undefined && this.#idle[0].idleUntil <= now) {
      this.#idle[0].fail(this.#unused());
    }
  }

  #closeIdle(): void {
    while (this.#idle[0] !== undefined) this.#idle[0].fail(this.#unused());
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #closedError(): LodeError {
    return abortedError("request", this.#settings.originName, "the HTTP client was closed");
  }

  /** Nobody waits for an idle connection, so nobody sees this. */
  #unused(): LodeError {
    return connectionClosedError(this.#settings.originName, true, "is not needed any more");
  }
}
