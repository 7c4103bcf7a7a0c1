import * as net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HttpClient } from "../../../../../src/storage/backends/s3/http/index.js";
import { bodyOf, pattern, type Script, ScriptedServer, until } from "./scripted-server.js";

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(script: Script): Promise<ScriptedServer> {
  server = await ScriptedServer.answering(script);
  return server;
}

const GET = { method: "GET", target: "/k", headers: [] } as const;
const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";

describe("a server that fails", () => {
  it.each([
    ["truncates", (socket: net.Socket) => socket.end(), /^incomplete-read$/],
    ["resets", (socket: net.Socket) => socket.resetAndDestroy(), /^connection$|^incomplete-read$/],
  ] as const)("%s the body", async (_name, end, code) => {
    const { client } = await start((socket) => {
      socket.write(HEAD);
      socket.write(pattern(500_000), () => setTimeout(() => end(socket), 10));
    }).then((started) => ({ client: started.client() }));
    // To a reader that was paused meanwhile the kernel may tell of a reset as of an end.
    const fails = { code: expect.stringMatching(code), retry: "safe" };
    const into = new Uint8Array(1_000_000);
    const direct = (await client.request({ ...GET, into })).body;
    await expect(direct.readInto()).rejects.toMatchObject(fails);
    const collected = (await client.request(GET)).body;
    await expect(collected.collect(1_000_000)).rejects.toMatchObject(fails);
    const streamed = (await client.request(GET)).body;
    await expect(
      (async () => {
        for await (const chunk of streamed.stream()) expect(chunk.length).toBeGreaterThan(0);
      })(),
    ).rejects.toMatchObject(fails);
    expect(client.stats.open).toBe(0);
  });

  it("truncates a chunked body", async () => {
    await start((socket) => {
      socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    });
    const { body } = await server!.client().request(GET);
    await expect(body.collect(100)).rejects.toMatchObject({ code: "incomplete-read" });
  });

  it("closes before and amid its head", async () => {
    await start((socket, { target }) => {
      socket.end(target === "/amid" ? "HTTP/1.1 200 OK\r\ncontent-le" : "");
    });
    const client = server!.client();
    for (const target of ["/before", "/amid"]) {
      await expect(client.request({ ...GET, target })).rejects.toMatchObject({
        code: "connection",
        retry: "safe",
        details: { reusedConnection: false },
      });
    }
  });

  it("sends nonsense", async () => {
    const replies: Record<string, string> = {
      "/both": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      "/ssh": "SSH-2.0-OpenSSH_9.6\r\n\r\n",
      "/upgrade": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    };
    await start((socket, { target }) => socket.write(replies[target]!));
    const client = server!.client();
    for (const target of Object.keys(replies)) {
      await expect(client.request({ ...GET, target })).rejects.toMatchObject({
        code: "corrupt-format",
        retry: "safe",
        details: { protocolError: true },
      });
    }
    expect(client.stats.open).toBe(0);
  });

  it("sends headers without end", async () => {
    await start((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => socket.write(`x: ${"y".repeat(4_000)}\r\n`), 1);
      socket.on("close", () => clearInterval(timer));
    });
    await expect(server!.client().request(GET)).rejects.toMatchObject({ code: "corrupt-format" });
  });

  it("stalls before its head, amid its head and amid its body", async () => {
    await start((socket, { target }) => {
      if (target === "/amid") socket.write("HTTP/1.1 200 OK\r\nconte");
      if (target === "/body") socket.write(`${HEAD}abc`);
    });
    const client = server!.client({ idleTimeoutMs: 50 });
    const stalled = { code: "timeout", retry: "safe" };
    await expect(client.request(GET)).rejects.toMatchObject(stalled);
    await expect(client.request({ ...GET, target: "/amid" })).rejects.toMatchObject(stalled);
    const { body } = await client.request({ ...GET, target: "/body" });
    await expect(body.collect(1_000_000)).rejects.toMatchObject(stalled);
    const own = { ...GET, target: "/body", into: new Uint8Array(1_000_000), idleTimeoutMs: 40 };
    await expect((await client.request(own)).body.readInto()).rejects.toMatchObject(stalled);
    expect(client.stats.open).toBe(0);
  });

  it("stops taking the body", async () => {
    server = await ScriptedServer.accepting((socket) => socket.pause());
    const client = server.client({ idleTimeoutMs: 50 });
    const put = { ...GET, method: "PUT", body: pattern(32 << 20) };
    await expect(client.request(put)).rejects.toMatchObject({ code: "timeout", retry: "safe" });
    expect(client.stats.open).toBe(0);
  });

  it("is not blamed for a slow reader or a slow source", async () => {
    const whole = Buffer.concat([Buffer.from(HEAD), pattern(1_000_000)]);
    await start((socket, { method }) => {
      if (method === "PUT") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.write(whole);
    });
    const client = server!.client({ idleTimeoutMs: 150 });
    const slowly = () => new Promise((resolve) => setTimeout(resolve, 500));
    const { body } = await client.request(GET);
    await slowly();
    expect(await body.collect(1_000_000)).toHaveLength(1_000_000);
    const source = bodyOf(4, async function* () {
      yield Buffer.from("ab");
      await slowly();
      yield Buffer.from("cd");
    });
    expect((await client.request({ ...GET, method: "PUT", body: source })).status).toBe(200);
  });

  it("is not blamed if this process was busy", async () => {
    await start((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      // Both sides run here: the client's timer is due before it can look at the answer.
      const busyUntil = performance.now() + 100;
      while (performance.now() < busyUntil);
    });
    const client = server!.client({ idleTimeoutMs: 30 });
    expect((await client.request(GET)).status).toBe(200);
  });

  it("is not there", async () => {
    const probe = net.createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as net.AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const refused = new HttpClient({ origin: { protocol: "http:", host: "127.0.0.1", port } });
    await expect(refused.request(GET)).rejects.toMatchObject({
      code: "connection",
      retry: "safe",
      message: expect.stringMatching(`127.0.0.1:${port}: ECONNREFUSED`),
    });
    const unknown = new HttpClient({
      origin: { protocol: "http:", host: "no-such-host.invalid", port: 80 },
    });
    await expect(unknown.request(GET)).rejects.toMatchObject({
      code: "connection",
      message: expect.stringMatching(/no-such-host\.invalid:80: (ENOTFOUND|EAI_AGAIN)/),
    });
    expect(unknown.stats.open).toBe(0);
  });
});

describe("abort", () => {
  const stages: Readonly<Record<string, Script>> = {
    "before the head": () => {},
    "amid the head": (socket) => socket.write("HTTP/1.1 200"),
  };
  for (const [name, script] of Object.entries(stages)) {
    it(name, async () => {
      await start(script);
      const client = server!.client();
      const controller = new AbortController();
      const call = client.request({ ...GET, signal: controller.signal });
      setTimeout(() => controller.abort(), 30);
      await expect(call).rejects.toMatchObject({ code: "aborted" });
      await until(() => server!.sockets.size === 0);
    });
  }

  it("before the call, and while waiting for a connection", async () => {
    await start(() => {});
    const client = server!.client({ maxConnections: 1 });
    await expect(client.request({ ...GET, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(client.stats.opened).toBe(0);
    const held = client.request(GET).catch((error: unknown) => error);
    const controller = new AbortController();
    const waiting = client.request({ ...GET, signal: controller.signal });
    await until(() => client.stats.waiting === 1);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    expect(client.stats).toMatchObject({ waiting: 0, open: 1 });
    await client.close();
    await expect(held).resolves.toMatchObject({ code: "aborted" });
  });

  it("while connecting", async () => {
    // TLS towards a server that never answers the handshake.
    server = await ScriptedServer.accepting((socket) => socket.resume());
    const origin = { protocol: "https:", host: "127.0.0.1", port: server.port } as const;
    const client = server.client({ origin });
    const controller = new AbortController();
    const call = client.request({ ...GET, signal: controller.signal });
    await until(() => server!.connections === 1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    expect(client.stats.open).toBe(0);
    await until(() => server!.sockets.size === 0);
    const impatient = server.client({ origin, connectTimeoutMs: 30 });
    await expect(impatient.request(GET)).rejects.toMatchObject({ code: "timeout", retry: "safe" });
  });

  it("amid the body, and leaves the caller's memory alone afterwards", async () => {
    let going: net.Socket | undefined;
    await start((socket) => {
      going = socket;
      socket.write(`${HEAD}abc`);
    });
    const client = server!.client();
    for (const read of ["readInto", "collect", "stream"] as const) {
      const controller = new AbortController();
      const into = new Uint8Array(1_000_000);
      const { body } = await client.request({
        ...GET,
        signal: controller.signal,
        ...(read === "readInto" ? { into } : {}),
      });
      const reading =
        read === "readInto"
          ? body.readInto()
          : read === "collect"
            ? body.collect(1_000_000)
            : (async () => {
                for await (const chunk of body.stream()) expect(chunk).toHaveLength(3);
              })();
      setTimeout(() => controller.abort(new Error("enough")), 20);
      await expect(reading).rejects.toMatchObject({ code: "aborted" });
      going!.write("zzz");
      await until(() => server!.sockets.size === 0);
      expect(into[3]).toBe(0);
    }
  });

  it("amid an upload ends the source", async () => {
    server = await ScriptedServer.accepting((socket) => socket.pause());
    const client = server.client();
    const controller = new AbortController();
    let ended = false;
    const body = bodyOf(64 << 20, async function* () {
      try {
        for (;;) yield pattern(1 << 20);
      } finally {
        ended = true;
      }
    });
    const call = client.request({ ...GET, method: "PUT", body, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    await until(() => ended);
  });

  it("ends many requests by one signal, without a warning", async () => {
    await start(() => {});
    const client = server!.client();
    const controller = new AbortController();
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    const calls = Array.from({ length: 30 }, () =>
      client.request({ ...GET, signal: controller.signal }),
    );
    await until(() => server!.requests.length === calls.length);
    controller.abort();
    for (const end of await Promise.allSettled(calls)) {
      expect(end).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warned);
    expect(warnings).toEqual([]);
    expect(client.stats.open).toBe(0);
  });

  it("after the reply has no effect on the kept connection", async () => {
    await start((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    const client = server!.client();
    const controller = new AbortController();
    await (await client.request({ ...GET, signal: controller.signal })).body.discard();
    controller.abort();
    expect(client.stats).toMatchObject({ open: 1, idle: 1 });
  });
});
