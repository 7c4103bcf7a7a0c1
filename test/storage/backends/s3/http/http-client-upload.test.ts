import { afterEach, describe, expect, it } from "vitest";
import { bodyOf, pattern, type Script, ScriptedServer } from "./scripted-server.js";

let server: ScriptedServer;
afterEach(() => server.close());

async function start(script: Script): Promise<ScriptedServer> {
  server = await ScriptedServer.answering(script);
  return server;
}

const PUT = { method: "PUT", target: "/k", headers: [] } as const;
const EMPTY_OK = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

describe("uploads", () => {
  it("sends every kind of body whole, over one connection", async () => {
    await start((socket) => socket.write(EMPTY_OK));
    const client = server.client();
    const large = pattern(5_000_000);
    const bodies = [
      new Uint8Array(0),
      Buffer.from("small"),
      large,
      [],
      [large.subarray(0, 10), new Uint8Array(0), large.subarray(10)],
      // The source reuses its memory as soon as the next chunk is asked for.
      bodyOf(large.length, async function* () {
        const chunk = Buffer.alloc(300_000);
        for (let at = 0; at < large.length; at += chunk.length) {
          const count = large.copy(chunk, 0, at);
          yield chunk.subarray(0, count);
        }
      }),
    ];
    const expected = ["", "small", large, "", large, large].map((body) => Buffer.from(body));
    for (const [i, body] of bodies.entries()) {
      const response = await client.request({ ...PUT, body });
      expect(response.status).toBe(200);
      await response.body.discard();
      expect(server.requests[i]!.body.equals(expected[i]!)).toBe(true);
      expect(server.requests[i]!.head).toContain(`content-length: ${expected[i]!.length}\r\n`);
    }
    expect(client.stats).toMatchObject({ opened: 1, idle: 1 });
  });

  it.each([5, 3])("refuses a source of 4 bytes that announced %i", async (length) => {
    await start((socket) => socket.write(EMPTY_OK));
    const client = server.client();
    const body = bodyOf(length, async function* () {
      yield Buffer.from("abcd");
    });
    await expect(client.request({ ...PUT, body })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(client.stats.open).toBe(0);
    expect(server.requests).toEqual([]);
  });

  it("passes on the failure of a source", async () => {
    await start((socket) => socket.write(EMPTY_OK));
    const client = server.client();
    const failure = new Error("disk on fire");
    const body = bodyOf(9, async function* () {
      yield Buffer.from("abcd");
      throw failure;
    });
    await expect(client.request({ ...PUT, body })).rejects.toMatchObject({ cause: failure });
    expect(client.stats.open).toBe(0);
  });

  it("delivers an early refusal and stops sending", async () => {
    server = await ScriptedServer.accepting((socket) => {
      socket.once("data", () => {
        socket.pause();
        socket.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\nno way");
      });
    });
    const client = server.client();
    let produced = 0;
    const endless = bodyOf(2 ** 40, async function* () {
      for (;;) {
        produced++;
        yield pattern(100_000);
      }
    });
    for (const body of [endless, pattern(64 << 20)]) {
      const response = await client.request({ ...PUT, body });
      expect(response.status).toBe(403);
      expect(Buffer.from(await response.body.collect(100)).toString()).toBe("no way");
      expect(client.stats).toMatchObject({ open: 0, idle: 0 });
    }
    expect(produced).toBeLessThan(1_000);
  });

  it("delivers an early refusal of a server that closes at once", async () => {
    server = await ScriptedServer.accepting((socket) => {
      const refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\nno way";
      // Closed with unread bytes, the kernel resets the connection.
      socket.once("data", () => socket.write(refusal, () => socket.destroy()));
    });
    const client = server.client();
    for (let round = 0; round < 5; round++) {
      const response = await client.request({ ...PUT, body: pattern(8 << 20) });
      expect(response.status).toBe(403);
      expect(Buffer.from(await response.body.collect(100)).toString()).toBe("no way");
    }
  });

  it("waits for 100 Continue", async () => {
    const seen: string[] = [];
    server = await ScriptedServer.accepting((socket) => {
      let continued = false;
      socket.on("data", (data: Buffer) => {
        seen.push(data.toString("latin1"));
        if (!continued) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        else socket.write(EMPTY_OK);
        continued = true;
      });
    });
    const body = Buffer.from("content");
    const response = await server.client().request({ ...PUT, body, expectContinue: true });
    expect(response.status).toBe(200);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toContain("expect: 100-continue\r\n");
    expect(seen[0]!.endsWith("\r\n\r\n")).toBe(true);
    expect(seen[1]).toBe("content");
  });

  it("sends no byte of the body if refused instead", async () => {
    let received = "";
    server = await ScriptedServer.accepting((socket) => {
      socket.on("data", (data: Buffer) => {
        received += data.toString("latin1");
        socket.write("HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n");
      });
    });
    const client = server.client();
    const body = Buffer.from("content");
    const response = await client.request({ ...PUT, body, expectContinue: true });
    expect(response.status).toBe(412);
    expect(client.stats.open).toBe(0);
    expect(received.endsWith("\r\n\r\n")).toBe(true);
  });

  it("sends the body after a second to a server that does not know of 100 Continue", async () => {
    await start((socket) => socket.write(EMPTY_OK));
    const body = Buffer.from("content");
    const response = await server.client().request({ ...PUT, body, expectContinue: true });
    expect(response.status).toBe(200);
    expect(server.requests[0]!.body.toString()).toBe("content");
  });
});
