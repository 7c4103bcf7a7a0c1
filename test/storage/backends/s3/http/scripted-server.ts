import * as net from "node:net";
import type { HttpClientOptions } from "../../../../../src/storage/backends/s3/http/index.js";
import { HttpClient } from "../../../../../src/storage/backends/s3/http/index.js";

/** What a script sees of one request: its head, and its body as far as announced. */
export interface ScriptedRequest {
  readonly method: string;
  readonly target: string;
  readonly head: string;
  readonly body: Buffer;
  /** Which connection, from 0, and which request on it, from 0. */
  readonly connection: number;
  readonly index: number;
}

export type Script = (socket: net.Socket, request: ScriptedRequest) => void;

/** A raw server on 127.0.0.1, so that a test decides on every byte. */
export class ScriptedServer {
  readonly requests: ScriptedRequest[] = [];
  readonly sockets = new Set<net.Socket>();
  connections = 0;
  readonly #server: net.Server;
  readonly #clients: HttpClient[] = [];

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** Calls the script for every whole request. */
  static answering(script: Script, make = net.createServer): Promise<ScriptedServer> {
    return ScriptedServer.accepting((socket, connection, server) => {
      let held = Buffer.alloc(0);
      let index = 0;
      socket.on("data", (data: Buffer) => {
        held = Buffer.concat([held, data]);
        for (;;) {
          const end = held.indexOf("\r\n\r\n");
          if (end < 0) return;
          const head = held.toString("latin1", 0, end + 4);
          const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
          if (held.length < end + 4 + length) return;
          const body = Buffer.from(held.subarray(end + 4, end + 4 + length));
          held = held.subarray(end + 4 + length);
          const [method, target] = head.split(" ", 2) as [string, string];
          const request = { method, target, head, body, connection, index: index++ };
          server.requests.push(request);
          script(socket, request);
        }
      });
    }, make);
  }

  /** Calls the script for every connection. */
  static async accepting(
    script: (socket: net.Socket, connection: number, server: ScriptedServer) => void,
    make: (listener: (socket: net.Socket) => void) => net.Server = net.createServer,
  ): Promise<ScriptedServer> {
    const server = make((socket) => {
      scripted.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => scripted.sockets.delete(socket));
      // A client that gives up resets the connection: the test looks at the client's side.
      socket.on("error", () => socket.destroy());
      script(socket, scripted.connections++, scripted);
    });
    const scripted = new ScriptedServer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** A client of this server, closed with it. */
  client(options: Partial<HttpClientOptions> = {}): HttpClient {
    const client = new HttpClient({
      origin: { protocol: "http:", host: "127.0.0.1", port: this.port },
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Bytes that do not repeat within any buffer size in use. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Resolves when `condition` holds; the test's own time limit ends a wait that never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A replayable body of these chunks. */
export function bodyOf(length: number, chunks: () => AsyncGenerator<Uint8Array>) {
  return { length, stream: chunks };
}
