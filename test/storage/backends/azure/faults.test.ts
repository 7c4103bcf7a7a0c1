import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  type AzureBackend,
  openAzureBackend,
  resolveAzureConfig,
} from "../../../../src/storage/backends/azure/index.js";

type Script = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const SIGNATURE = "c2VjcmV0c2lnbmF0dXJl";
const META = { etag: '"0x1"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" };

let server: Server | undefined;
let requests = 0;

/** A backend that talks to a server which does what the script says. */
async function scripted(script: Script, idleTimeoutMs = 10_000): Promise<AzureBackend> {
  requests = 0;
  const made = createServer((request, response) => script(request, response, ++requests));
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  const { port } = made.address() as AddressInfo;
  return openAzureBackend(
    resolveAzureConfig(
      {
        account: "acc",
        container: "data",
        endpoint: `http://127.0.0.1:${port}`,
        sasToken: `sv=2024-01-01&sp=r&sig=${SIGNATURE}`,
        idleTimeoutMs,
      },
      {},
    ),
  );
}

afterEach(async () => {
  const running = server;
  server = undefined;
  running?.closeAllConnections();
  await new Promise<void>((resolve) =>
    running === undefined ? resolve() : running.close(() => resolve()),
  );
});

async function drain(backend: AzureBackend, options = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await backend.get("key", options)).body)
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function xmlError(status: number, code: string, headers: Record<string, string> = {}): Script {
  return (_, response) => {
    response.writeHead(status, {
      "content-type": "application/xml",
      "x-ms-error-code": code,
      "x-ms-request-id": "id-7",
      ...headers,
    });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
  };
}

describe("Azure against a faulty service", () => {
  it("makes one try and hands on how long to wait", async () => {
    const backend = await scripted(xmlError(503, "ServerBusy", { "retry-after": "3" }));
    await expect(backend.head("key")).rejects.toMatchObject({
      code: "rate-limited",
      retry: "safe",
      details: { status: 503, requestId: "id-7", retryAfterMs: 3000 },
    });
    expect(requests).toBe(1);
  });

  it.each([500, 502, 504, 429])("makes one try of a %i in every verb", async (status) => {
    const backend = await scripted(xmlError(status, "Whatever"));
    const calls: [string, () => Promise<unknown>][] = [
      ["get", () => backend.get("key")],
      ["put", () => backend.put("key", Buffer.from("x"))],
      ["list", () => backend.list()[Symbol.asyncIterator]().next()],
      ["delete", () => backend.deleteMany(["key"])],
      ["deleteMany", () => backend.deleteMany(["key", "other"])],
      ["copy", () => backend.copy("key", "other")],
      ["multipart", () => backend.startMultipart("key")],
    ];
    for (const [, run] of calls) {
      requests = 0;
      await expect(run()).rejects.toMatchObject({ retry: "safe", details: { status } });
      expect(requests).toBe(1);
    }
  });

  it("calls a body that ends early incomplete, by a reset and by a clean end", async () => {
    const endings: ((socket: Socket) => void)[] = [
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.end(),
    ];
    for (const end of endings) {
      const backend = await scripted((_, response) => {
        response.writeHead(200, { ...META, "content-length": "1000" });
        response.write("x".repeat(400), () => setTimeout(() => end(response.socket as Socket), 20));
      });
      await expect(drain(backend)).rejects.toMatchObject({
        code: "incomplete-read",
        retry: "safe",
        details: { expected: 1000 },
      });
      expect(requests).toBe(1);
      server?.closeAllConnections();
      server?.close();
    }
  });

  it("survives a body that breaks before anyone reads it", async () => {
    const backend = await scripted((_, response) => {
      response.writeHead(200, { ...META, "content-length": "1000" });
      response.write("x", () => response.socket?.resetAndDestroy());
    });
    const result = await backend.get("key");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(
      result.body[Symbol.asyncIterator]()
        .next()
        .then(() => result.body[Symbol.asyncIterator]().next()),
    ).rejects.toMatchObject({ code: "incomplete-read" });
  });

  it.each([
    ["all of the object", 200, { "content-length": "10" }],
    ["another range", 206, { "content-length": "3", "content-range": "bytes 0-2/10" }],
    ["too short a range", 206, { "content-length": "2", "content-range": "bytes 4-5/10" }],
    [
      "a length that is not the range's",
      206,
      { "content-length": "5", "content-range": "bytes 4-6/10" },
    ],
  ])("refuses %s where a range was asked for", async (_, status, headers) => {
    const backend = await scripted((__, response) => {
      response.writeHead(status, { ...META, ...headers });
      response.end("0123456789".slice(0, Number(headers["content-length"])));
    });
    await expect(drain(backend, { range: { start: 4, end: 7 } })).rejects.toMatchObject({
      code: "incomplete-read",
      retry: "safe",
    });
  });

  it("finds one flipped byte by the checksum kept with the object", async () => {
    const backend = await scripted((_, response) => {
      response.writeHead(200, {
        ...META,
        "content-length": "9",
        "x-ms-meta-lode_crc32c": "e3069283",
      });
      response.end(requests === 1 ? "123456789" : "123456788");
    });
    expect((await drain(backend)).toString()).toBe("123456789");
    await expect(drain(backend)).rejects.toMatchObject({ code: "integrity", retry: "safe" });
  });

  it("ends a stalled answer and a stalled body by the idle limit", async () => {
    const silent = await scripted(() => {}, 100);
    await expect(silent.head("key")).rejects.toMatchObject({ code: "timeout", retry: "safe" });
    server?.closeAllConnections();
    server?.close();
    const halting = await scripted((_, response) => {
      response.writeHead(200, { ...META, "content-length": "10" });
      response.write("12345");
    }, 100);
    await expect(drain(halting)).rejects.toMatchObject({ code: "timeout", retry: "safe" });
  });

  it("does not count the reader's own pauses as a stall", async () => {
    const backend = await scripted((_, response) => {
      response.writeHead(200, { ...META, "content-length": String(4 << 20) });
      response.end(Buffer.alloc(4 << 20));
    }, 150);
    let total = 0;
    let paused = false;
    for await (const chunk of (await backend.get("key")).body) {
      total += chunk.length;
      if (!paused) await new Promise((resolve) => setTimeout(resolve, 400));
      paused = true;
    }
    expect(total).toBe(4 << 20);
  });

  it("pins a suffix to the version whose size it learned, and begins anew when that is gone", async () => {
    const backend = await scripted((request, response, count) => {
      const etag = `"v${count < 3 ? 1 : 2}"`;
      const head = { ...META, etag, "x-ms-request-id": "id" };
      if (request.method === "HEAD") {
        response.writeHead(200, { ...head, "content-length": "10" }).end();
      } else if (count === 2) {
        response.writeHead(412, { "x-ms-error-code": "ConditionNotMet" }).end();
      } else {
        expect(request.headers["if-match"]).toBe('"v2"');
        response.writeHead(206, {
          ...head,
          "content-length": "2",
          "content-range": "bytes 8-9/10",
        });
        response.end("89");
      }
    });
    expect((await drain(backend, { range: { suffix: 2 } })).toString()).toBe("89");
    expect(requests).toBe(4);
  });

  it("stops at a listing that repeats its marker", async () => {
    const backend = await scripted((_, response) => {
      response.writeHead(200, { "content-type": "application/xml" });
      response.end(
        '<?xml version="1.0"?><EnumerationResults><Blobs></Blobs><NextMarker>same</NextMarker></EnumerationResults>',
      );
    });
    const listed = (async () => {
      for await (const _ of backend.list());
    })();
    await expect(listed).rejects.toMatchObject({ code: "unexpected" });
  });

  it("calls a listing that is cut off an error, not the end", async () => {
    const backend = await scripted((_, response) => {
      response.writeHead(200, { "content-type": "application/xml" });
      response.end('<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>a</Na');
    });
    const listed = backend.list()[Symbol.asyncIterator]().next();
    await expect(listed).rejects.toMatchObject({ retry: "safe" });
  });

  it.each([
    "",
    "<html><body>Please log in</body></html>",
    '<?xml version="1.0"?><EnumerationResults/>',
    "not xml",
  ])("does not take %j for an empty listing", async (body) => {
    const backend = await scripted((_, response) => {
      response.writeHead(200, { "content-type": "application/xml" });
      response.end(body);
    });
    for (const delimiter of [undefined, "/"] as const) {
      const listed = backend.list({ delimiter })[Symbol.asyncIterator]().next();
      await expect(listed).rejects.toMatchObject({ code: "incomplete-read", retry: "safe" });
    }
  });

  it("does not take a stranger's 404 for a missing object", async () => {
    const backend = await scripted((_, response) => response.writeHead(404).end("not here"));
    await expect(backend.head("key")).rejects.toMatchObject({ code: "unexpected" });
    const results = backend.deleteMany(["key"]);
    await expect(results).resolves.toMatchObject([{ error: { code: "unexpected" } }]);
  });

  it("says that nothing listens, and shows no signature anywhere", async () => {
    const backend = await scripted(() => {});
    const closing = server as Server;
    await new Promise<void>((resolve) => closing.close(() => resolve()));
    const error = await backend.head("key").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "connection", retry: "safe" });
    const { inspect } = await import("node:util");
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SIGNATURE);
  });
});
