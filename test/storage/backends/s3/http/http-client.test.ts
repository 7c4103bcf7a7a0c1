import { execFile } from "node:child_process";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { crc32c } from "../../../../../src/core/crc32c.js";
import { isLodeError } from "../../../../../src/errors.js";
import { pattern, type Script, ScriptedServer, until } from "./scripted-server.js";

let server: ScriptedServer;
afterEach(() => server.close());

async function start(script: Script): Promise<ScriptedServer> {
  server = await ScriptedServer.answering(script);
  return server;
}

const GET = { method: "GET", target: "/k", headers: [] } as const;

function reply(socket: Socket, body: string | Uint8Array, head = ""): void {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${head}\r\n`);
  socket.write(body);
}

async function text(body: { collect(max: number): Promise<Uint8Array> }): Promise<string> {
  return Buffer.from(await body.collect(1_000)).toString();
}

describe("HttpClient", () => {
  it("sends a request and collects its reply", async () => {
    await start((socket) => reply(socket, "hello", 'ETag: "e"\r\n'));
    const response = await server.client().request({ ...GET, headers: [["x-a", "1"]] });
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toBe('"e"');
    expect(response.headers.has("x")).toBe(false);
    expect(response.body.length).toBe(5);
    expect(await text(response.body)).toBe("hello");
    expect(server.requests[0]!.head).toBe(
      `GET /k HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-a: 1\r\naccept-encoding: identity\r\n\r\n`,
    );
  });

  it("receives 64 MiB straight into the caller's memory", async () => {
    const content = pattern(64 << 20);
    await start((socket) => reply(socket, content));
    const memory = new Uint8Array(content.length + 32).fill(9);
    const into = memory.subarray(16, 16 + content.length);
    const { body } = await server.client().request({ ...GET, into });
    expect(await body.readInto()).toBe(content.length);
    expect(crc32c(into)).toBe(crc32c(content));
    expect([...memory.subarray(0, 16), ...memory.subarray(-16)].every((b) => b === 9)).toBe(true);
  });

  it("streams and collects large bodies, with a slow reader too", async () => {
    const content = pattern(5_000_000);
    await start((socket) => reply(socket, content));
    const client = server.client();
    let crc = 0;
    let chunks = 0;
    for await (const chunk of (await client.request(GET)).body.stream()) {
      if (chunks++ % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      crc = crc32c(chunk, crc);
    }
    expect(crc).toBe(crc32c(content));
    const whole = await (await client.request(GET)).body.collect(content.length);
    expect(crc32c(whole)).toBe(crc32c(content));
    expect(client.stats).toMatchObject({ opened: 1, idle: 1, sent: 2 });
  });

  it("holds back a server while nobody reads", async () => {
    const content = pattern(64 << 20);
    await start((socket) => reply(socket, content));
    const { body } = await server.client().request(GET);
    const socket = [...server.sockets][0]!;
    // The kernel's buffers fill, then no further byte leaves the server.
    let before = -1;
    while (socket.bytesWritten - socket.writableLength !== before) {
      before = socket.bytesWritten - socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(socket.writableLength).toBeGreaterThan(0);
    expect(crc32c(await body.collect(content.length))).toBe(crc32c(content));
  });

  it("reads bodies without an announced length, also into memory", async () => {
    await start((socket, { target }) => {
      if (target === "/chunked") {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        setImmediate(() => socket.write("2\r\nde\r\n0\r\nx-t: 1\r\n\r\n"));
      } else {
        socket.end("HTTP/1.1 200 OK\r\n\r\nabcde");
      }
    });
    const client = server.client();
    for (const target of ["/chunked", "/close"]) {
      expect(await text((await client.request({ ...GET, target })).body)).toBe("abcde");
      const into = new Uint8Array(8);
      const { body } = await client.request({ ...GET, target, into });
      expect(body.length).toBeUndefined();
      expect(await body.readInto()).toBe(5);
      expect(Buffer.from(into).toString()).toBe("abcde\0\0\0");
      const small = await client.request({ ...GET, target, into: new Uint8Array(4) });
      await expect(small.body.readInto()).rejects.toMatchObject({ code: "unexpected" });
    }
  });

  it("reads any reply that arrives one byte at a time", async () => {
    const wire = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    await start(async (socket) => {
      for (const byte of Buffer.from(wire)) {
        socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const client = server.client();
    expect(await text((await client.request(GET)).body)).toBe("hello");
    const into = new Uint8Array(5);
    await (await client.request({ ...GET, into })).body.readInto();
    expect(Buffer.from(into).toString()).toBe("hello");
    expect(client.stats.opened).toBe(1);
  });

  it("keeps `into` for the content: an error's body goes elsewhere", async () => {
    await start((socket) => {
      socket.write("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\ngone");
    });
    const into = new Uint8Array(10);
    const { status, body } = await server.client().request({ ...GET, into });
    expect(status).toBe(404);
    expect(await text(body)).toBe("gone");
    expect(into.every((byte) => byte === 0)).toBe(true);
  });

  it("skips interim replies, and reads no body after HEAD, 204 and 304", async () => {
    await start((socket, { method, target }) => {
      const length = "content-length: 9\r\n";
      if (method === "HEAD") socket.write(`HTTP/1.1 200 OK\r\n${length}\r\n`);
      else if (target === "/204") socket.write("HTTP/1.1 204 No Content\r\n\r\n");
      else if (target === "/304") socket.write(`HTTP/1.1 304 Not Modified\r\n${length}\r\n`);
      else {
        socket.write("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n");
        reply(socket, "ok");
      }
    });
    const client = server.client();
    const head = await client.request({ ...GET, method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("9");
    expect(await text(head.body)).toBe("");
    for (const target of ["/204", "/304"]) {
      const response = await client.request({ ...GET, target });
      for await (const _ of response.body.stream()) expect.unreachable();
    }
    expect(await text((await client.request(GET)).body)).toBe("ok");
    expect(client.stats).toMatchObject({ opened: 1, idle: 1 });
  });

  it("discards a short rest and keeps the connection, and closes on a long one", async () => {
    await start((socket, { target }) => {
      if (target === "/long") reply(socket, pattern(10_000_000));
      else if (target === "/chunked") {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        setTimeout(() => socket.write("0\r\n\r\n"), 5);
      } else reply(socket, pattern(1_000));
    });
    const client = server.client();
    await (await client.request(GET)).body.discard();
    await (await client.request({ ...GET, target: "/chunked" })).body.discard();
    expect(client.stats).toMatchObject({ opened: 1, idle: 1 });
    await (await client.request({ ...GET, target: "/long" })).body.discard();
    expect(client.stats).toMatchObject({ open: 0 });
    await (await client.request({ ...GET, into: new Uint8Array(1_000) })).body.discard();
    expect(client.stats).toMatchObject({ opened: 2, idle: 1 });
  });

  it("closes the connection when a reader leaves early", async () => {
    await start((socket) => reply(socket, pattern(10_000_000)));
    const client = server.client();
    for await (const chunk of (await client.request(GET)).body.stream()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(client.stats).toMatchObject({ open: 0 });
    await until(() => server.sockets.size === 0);
  });

  it("refuses to read a body twice or more than the limit", async () => {
    await start((socket) => reply(socket, pattern(100_000)));
    const client = server.client();
    const { body } = await client.request(GET);
    await expect(body.collect(99_999)).rejects.toMatchObject({ code: "unexpected" });
    const again = (await client.request(GET)).body;
    await again.collect(100_000);
    await expect(again.collect(100_000)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect((await client.request(GET)).body.readInto()).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("refuses a bad header before it connects", async () => {
    await start((socket) => reply(socket, ""));
    const client = server.client();
    const request = { ...GET, headers: [["x", "a\r\nb: c"]] as const };
    const error = await client.request(request).catch((e: unknown) => e);
    expect(isLodeError(error, "invalid-argument")).toBe(true);
    expect(client.stats.opened).toBe(0);
  });
});

describe("kept connections", () => {
  it("makes no more than it may, and lets requests wait in order", async () => {
    await start((socket, { target }) => setTimeout(() => reply(socket, target), 1));
    const client = server.client({ maxConnections: 3 });
    const targets = Array.from({ length: 40 }, (_, i) => `/${i}`);
    const bodies = await Promise.all(
      targets.map(async (target) => text((await client.request({ ...GET, target })).body)),
    );
    expect(bodies).toEqual(targets);
    expect(client.stats).toMatchObject({ opened: 3, open: 3, idle: 3, waiting: 0, sent: 40 });
    // Over three connections some may overtake one on the way; last in, first out would be far from it.
    for (const [at, { target }] of server.requests.entries()) {
      expect(Math.abs(at - Number(target.slice(1)))).toBeLessThanOrEqual(9);
    }
  });

  it("does not wait for ever while all of them are held by bodies that nobody reads", async () => {
    const big = "x".repeat(1_000_000);
    await start((socket) => reply(socket, big));
    const client = server.client({ maxConnections: 2, idleTimeoutMs: 100 });
    const held = [(await client.request(GET)).body, (await client.request(GET)).body];
    await expect(client.request(GET)).rejects.toMatchObject({
      code: "timeout",
      retry: "never",
      message: expect.stringMatching(/all 2 connections .* read each body of a get or end it/),
    });
    expect(client.stats).toMatchObject({ open: 2, waiting: 0 });
    const waiting = client.request(GET);
    for (const body of held) expect(await body.collect(big.length)).toHaveLength(big.length);
    expect(await (await waiting).body.collect(big.length)).toHaveLength(big.length);
  });

  it("waits as long as bodies are read, however slowly", async () => {
    const big = "x".repeat(8_000_000);
    await start((socket) => reply(socket, big));
    const client = server.client({ maxConnections: 1, idleTimeoutMs: 200 });
    const { body } = await client.request(GET);
    const waiting = client.request(GET);
    const startedAt = performance.now();
    let length = 0;
    for await (const chunk of body.stream()) {
      length += chunk.length;
      if (performance.now() - startedAt < 600) await sleep(10);
    }
    expect(length).toBe(big.length);
    await (await waiting).body.discard();
  });

  it("closes unused ones after a time", async () => {
    await start((socket) => reply(socket, "x"));
    const client = server.client({ keepAliveMs: 30 });
    await (await client.request(GET)).body.collect(1);
    expect(client.stats.idle).toBe(1);
    await until(() => client.stats.open === 0);
    await until(() => server.sockets.size === 0);
  });

  it("lets the process end while one is unused", async () => {
    await start((socket) => reply(socket, "x"));
    const source = new URL("../../../../../src/storage/backends/s3/http/index.ts", import.meta.url);
    const program = `
      import { HttpClient } from ${JSON.stringify(source.href)};
      const origin = { protocol: "http:", host: "127.0.0.1", port: ${server.port} };
      const client = new HttpClient({ origin, keepAliveMs: 600_000 });
      const { body } = await client.request({ method: "GET", target: "/", headers: [] });
      await body.collect(1);
      console.log(client.stats.idle);
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", program],
      { timeout: 25_000 },
    );
    expect(stdout.trim()).toBe("1");
  });

  it("notices when the server closes an unused one", async () => {
    await start((socket) => {
      reply(socket, "x");
      setTimeout(() => socket.end(), 5);
    });
    const client = server.client();
    await (await client.request(GET)).body.discard();
    await until(() => client.stats.open === 0);
    await (await client.request(GET)).body.discard();
    expect(client.stats).toMatchObject({ opened: 2, resent: 0 });
  });

  it("does not keep one whose reply had bytes behind its end, nor one that says close", async () => {
    await start((socket, { target }) => {
      if (target === "/more") reply(socket, "x", "");
      if (target === "/more") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
      if (target === "/close") reply(socket, "x", "connection: close\r\n");
      if (target === "/k") reply(socket, "good");
    });
    const client = server.client();
    await (await client.request({ ...GET, target: "/more" })).body.discard();
    await until(() => client.stats.open === 0);
    await (await client.request({ ...GET, target: "/close" })).body.discard();
    expect(client.stats.open).toBe(0);
    expect(await text((await client.request(GET)).body)).toBe("good");
  });

  /** Answers the first request of a connection and closes it at the second. */
  const closesAtSecond: Script = (socket, { index }) => {
    if (index === 0) reply(socket, "x");
    else socket.destroy();
  };

  it.each(["GET", "HEAD", "PUT", "DELETE"])(
    "sends %s again on a new one if closed at once",
    async (method) => {
      await start((socket, request) => {
        if (request.method === "HEAD" && request.index === 0) {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
        } else closesAtSecond(socket, request);
      });
      const client = server.client();
      await (await client.request(GET)).body.discard();
      const body = method === "PUT" ? { body: pattern(100_000) } : {};
      const response = await client.request({ ...GET, method, ...body });
      expect(response.status).toBe(200);
      await response.body.discard();
      expect(client.stats).toMatchObject({ opened: 2, resent: 1 });
      if (method === "PUT")
        expect(server.requests.at(-1)!.body.equals(pattern(100_000))).toBe(true);
    },
  );

  it("leaves POST and conditional writes to the caller, unless told", async () => {
    await start(closesAtSecond);
    const client = server.client();
    const stale = { code: "connection", retry: "safe", details: { reusedConnection: true } };
    for (const request of [
      { ...GET, method: "POST" },
      { ...GET, method: "PUT", headers: [["If-None-Match", "*"]] as const },
      { ...GET, resend: false },
    ]) {
      await (await client.request(GET)).body.discard();
      await expect(client.request(request)).rejects.toMatchObject(stale);
    }
    await (await client.request(GET)).body.discard();
    const response = await client.request({ ...GET, method: "POST", resend: true });
    expect(response.status).toBe(200);
    await response.body.discard();
  });

  it("ends requests under way and waiting when closed", async () => {
    await start(() => {});
    const client = server.client({ maxConnections: 1 });
    const ends = Promise.allSettled([client.request(GET), client.request(GET)]);
    await until(() => server.requests.length === 1);
    await client.close();
    for (const end of await ends) {
      expect(end).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    }
    await expect(client.request(GET)).rejects.toMatchObject({ code: "invalid-argument" });
    await until(() => server.sockets.size === 0);
  });
});
