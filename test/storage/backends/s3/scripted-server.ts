import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  openS3Backend,
  type S3Backend,
  type S3Config,
} from "../../../../src/storage/backends/s3/index.js";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The connection is cut in place of a reply. */
  readonly cut?: boolean;
}

export type Script = (request: SeenRequest, index: number) => Reply | Promise<Reply>;

/** An S3 server that answers what the test says, one request after the other. */
export class ScriptedServer {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;

  private constructor(script: Script) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        const seen: SeenRequest = {
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks),
        };
        this.seen.push(seen);
        const reply = await script(seen, this.seen.length - 1);
        if (reply.cut) {
          request.socket.destroy();
          return;
        }
        const body = Buffer.from(reply.body ?? "");
        response.writeHead(reply.status ?? 200, {
          "content-length": String(body.length),
          ...reply.headers,
        });
        response.end(seen.method === "HEAD" ? undefined : body);
      });
    });
  }

  static async start(script: Script | readonly Reply[]): Promise<ScriptedServer> {
    const server = new ScriptedServer(
      typeof script === "function"
        ? script
        : (_, index) => script[index] ?? { status: 500, body: "the script is over" },
    );
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A backend of bucket `bucket` on this server; payloads are not signed unless asked. */
  open(more: Partial<S3Config> = {}): Promise<S3Backend> {
    return openS3Backend({
      bucket: "bucket",
      endpoint: this.url,
      credentials: { accessKeyId: "AKID", secretAccessKey: "SECRET" },
      env: {},
      ...more,
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An error document of S3. */
export function errorXml(code: string, more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>told ${code}</Message>${more}<RequestId>rid</RequestId><HostId>hid</HostId></Error>`;
}

/** Runs a test against a scripted server and frees both ends. */
export async function withServer(
  script: Script | readonly Reply[],
  test: (backend: S3Backend, server: ScriptedServer) => Promise<void>,
  more: Partial<S3Config> = {},
): Promise<void> {
  const server = await ScriptedServer.start(script);
  const backend = await server.open(more);
  try {
    await test(backend, server);
  } finally {
    await backend.close();
    await server.close();
  }
}

/** Reply headers of an object of some bytes. */
export function objectHeaders(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    etag: '"abc"',
    "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT",
    "content-type": "text/plain",
    ...more,
  };
}

/** All bytes of a body. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
