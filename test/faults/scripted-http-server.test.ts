import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorReply, reply } from "./scripted-answer.js";
import { ScriptedHttpServer } from "./scripted-http-server.js";

let server: ScriptedHttpServer;

beforeEach(async () => {
  server = await ScriptedHttpServer.listen();
});

afterEach(() => server.close());

describe("ScriptedHttpServer", () => {
  it("answers by method, path and count, the first rule that has an answer winning", async () => {
    server
      .on({ method: "GET", path: "/a" }, (_, nth) => (nth === 0 ? [reply(503)] : undefined))
      .on({ path: /^\/a\?x=/ }, [reply(200, {}, "query")])
      .on({ method: "GET" }, [reply(200, {}, "any")]);
    expect((await fetch(`${server.url}/a`)).status).toBe(503);
    expect(await (await fetch(`${server.url}/a`)).text()).toBe("any");
    expect(await (await fetch(`${server.url}/a?x=1`)).text()).toBe("query");
    expect((await fetch(`${server.url}/a`, { method: "DELETE" })).status).toBe(418);
    expect(server.unexpected.map(({ method }) => method)).toEqual(["DELETE"]);
  });

  it("records heads, queries and bodies", async () => {
    server.on({ method: "PUT" }, [reply(200)]);
    await fetch(`${server.url}/k?a=1&b=`, {
      method: "PUT",
      headers: { "X-One": "1" },
      body: Buffer.alloc(300_000, 7),
    });
    const [request] = server.received({ path: "/k" });
    expect(request?.query.get("a")).toBe("1");
    expect(request?.headers.get("x-one")).toBe("1");
    expect(request?.body.equals(Buffer.alloc(300_000, 7))).toBe(true);
  });

  it("waits, breaks and counts what is in flight", async () => {
    let proceed = () => {};
    const gate = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    server
      .on({ path: "/wait" }, [{ until: gate }, reply(200, {}, "late")])
      .on({ path: "/cut" }, ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", { close: "reset" }])
      .on({ path: "/fin" }, [{ close: "fin" }])
      .on({ path: "/error" }, [{ delayMs: 1 }, errorReply(404, "NoSuchKey")]);
    const both = [fetch(`${server.url}/wait`), fetch(`${server.url}/wait`)];
    while (server.inFlight < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    proceed();
    expect(await (await both[0]!).text()).toBe("late");
    expect(await (await both[1]!).text()).toBe("late");
    expect(server.maxInFlight).toBe(2);
    await expect(fetch(`${server.url}/cut`).then((got) => got.text())).rejects.toThrow();
    await expect(fetch(`${server.url}/fin`)).rejects.toThrow();
    expect(await (await fetch(`${server.url}/error`)).text()).toContain("<Code>NoSuchKey</Code>");
  });
});
