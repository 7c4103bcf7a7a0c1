import { once } from "node:events";
import * as net from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConnectionFault, firstConnections } from "./fault-plan.js";
import { TcpProxy } from "./tcp-proxy.js";

/** Sends back what it gets, and ends when the client does. */
let echo: net.Server;
let proxy: TcpProxy;

beforeEach(async () => {
  echo = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await TcpProxy.open(`http://127.0.0.1:${(echo.address() as net.AddressInfo).port}`, {
    record: true,
  });
});

afterEach(async () => {
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

/** What comes back, how the connection ended, and in how many pieces. */
async function send(...pieces: string[]) {
  const socket = net.connect({ port: proxy.port, host: "127.0.0.1" });
  let text = "";
  let chunks = 0;
  let end = "fin";
  socket.on("error", (error: NodeJS.ErrnoException) => {
    end = error.code ?? "error";
  });
  socket.on("data", (data) => {
    text += data.toString();
    chunks++;
  });
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  return { text, end, chunks };
}

const always = (fault: ConnectionFault) => () => fault;

describe("TcpProxy", () => {
  it("passes everything on, and records what was sent", async () => {
    expect(await send("hello ", "world")).toMatchObject({ text: "hello world", end: "fin" });
    expect(proxy.sent()).toBe("hello world");
    expect(proxy.connections).toBe(1);
    expect(proxy.fired).toBe(0);
  });

  it("ends in order or resets after so many bytes, for as many connections as told", async () => {
    proxy.plan = firstConnections(1, { toClient: { finAfter: 3 } });
    expect(await send("abcdef")).toMatchObject({ text: "abc", end: "fin" });
    expect((await send("abcdef")).text).toBe("abcdef");
    proxy.plan = always({ toServer: { resetAfter: 4 } });
    expect((await send("abcdef")).end).toBe("ECONNRESET");
    expect(proxy.fired).toBe(2);
  });

  it("flips one bit of one byte, counted from a text that may be cut in two", async () => {
    proxy.plan = always({ toClient: { after: { text: "mark" }, flipByte: 1, times: 1 } });
    expect((await send("..ma", "rk012 mark012")).text).toBe("..mark002 mark012");
    expect((await send("mark012")).text).toBe("mark012");
    proxy.plan = always({ toServer: { after: { text: "mark" }, flipByte: 0 } });
    expect((await send("mark0")).text).toBe("mark1");
  });

  it("waits for what is sent before it damages what comes back", async () => {
    proxy.plan = always({
      toClient: { after: { text: "now", sent: true }, resetAfter: 0, times: 1 },
    });
    const socket = net.connect({ port: proxy.port, host: "127.0.0.1" });
    socket.write("early");
    expect(String((await once(socket, "data"))[0])).toBe("early");
    socket.write("now");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    expect((await send("now")).text).toBe("now");
  });

  it("stalls: what came before passes, the rest and the end do not", async () => {
    proxy.plan = always({ toClient: { stallAfter: 2 } });
    const socket = net.connect({ port: proxy.port, host: "127.0.0.1" });
    socket.write("abcdef");
    expect(String((await once(socket, "data"))[0])).toBe("ab");
    let more = false;
    socket.on("data", () => {
      more = true;
    });
    socket.write("ghi");
    while (!proxy.sent().includes("ghi")) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(more).toBe(false);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it("cuts to single bytes, and comes late", async () => {
    proxy.plan = always({ toClient: { oneByteAtATime: true, latencyMs: 1, jitterMs: 1 } });
    const { text, chunks } = await send("0123456789abcdef");
    expect(text).toBe("0123456789abcdef");
    expect(chunks).toBeGreaterThan(1);
  });

  it("drops the connections that stand", async () => {
    const socket = net.connect({ port: proxy.port, host: "127.0.0.1" });
    socket.write("a");
    await once(socket, "data");
    proxy.dropConnections();
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });
});
