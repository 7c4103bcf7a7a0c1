import * as net from "node:net";
import type { ConnectionFault, DirectionFault, FaultPlan } from "./fault-plan.js";
import { FaultyDirection } from "./faulty-direction.js";
import { seededRandom } from "./seeded-random.js";

export interface TcpProxyOptions {
  readonly plan?: FaultPlan | undefined;
  /** Keep what was sent to the server, to be read by {@link TcpProxy.sent}. */
  readonly record?: boolean | undefined;
  /** Of the jitter. */
  readonly seed?: number | undefined;
}

/** A proxy in front of a real server on this machine that damages connections as it is told. */
export class TcpProxy {
  /** Connections accepted so far. */
  connections = 0;
  plan: FaultPlan | undefined;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #fired = new Map<DirectionFault, number>();
  readonly #sent: Buffer[] = [];
  readonly #random: () => number;

  private constructor(
    readonly target: { readonly host: string; readonly port: number },
    readonly options: TcpProxyOptions,
  ) {
    this.plan = options.plan;
    this.#random = seededRandom(options.seed ?? 1);
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** In front of a server named by its URL. */
  static async open(targetUrl: string, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const url = new URL(targetUrl);
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    const proxy = new TcpProxy({ host: url.hostname, port }, options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How often faults have happened (latency and single bytes are not counted). */
  get fired(): number {
    return [...this.#fired.values()].reduce((sum, count) => sum + count, 0);
  }

  /** All that was sent to the server, connections mixed. */
  sent(): string {
    return Buffer.concat(this.#sent).toString("latin1");
  }

  /** Heads of the requests sent to the server that match, in order of their arrival. */
  requests(pattern: RegExp): string[] {
    const heads = this.sent().match(/[A-Z]{3,6} \/\S* HTTP\/1\.1\r\n(?:[^\r\n]+\r\n)+\r\n/g) ?? [];
    return heads.filter((head) => pattern.test(head));
  }

  /** Ends every connection that stands now, in order or by a reset. */
  dropConnections(how: "fin" | "reset" = "reset"): void {
    for (const socket of this.#sockets) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.end();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: net.Socket): void {
    const number = this.connections++;
    const fault: ConnectionFault = this.plan?.(number) ?? {};
    const server = net.connect({ ...this.target, allowHalfOpen: true });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => this.#sockets.delete(socket));
    }
    // The other side learns of a failure by the same means.
    client.on("error", () => server.resetAndDestroy());
    server.on("error", () => client.resetAndDestroy());
    const both = (end: (socket: net.Socket) => void) => [client, server].forEach(end);
    const ends = {
      reset: () => both((socket) => socket.resetAndDestroy()),
      fin: () => both((socket) => socket.end()),
    };
    const down = new FaultyDirection(fault.toClient, this.#budget(fault.toClient), this.#random);
    const up = new FaultyDirection(fault.toServer, this.#budget(fault.toServer), this.#random);
    down.pipe(server, client, ends);
    up.pipe(client, server, ends, (chunk) => {
      if (this.options.record) this.#sent.push(Buffer.from(chunk));
      down.otherWay(chunk);
    });
  }

  /** Counts what happens by this fault; false when it has happened often enough. */
  #budget(fault: DirectionFault | undefined): () => boolean {
    return () => {
      if (fault === undefined) return false;
      const fired = this.#fired.get(fault) ?? 0;
      if (fired >= (fault.times ?? Number.POSITIVE_INFINITY)) return false;
      this.#fired.set(fault, fired + 1);
      return true;
    };
  }
}
