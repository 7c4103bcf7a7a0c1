import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import type { OpenOptions } from "../../../src/storage/registry.js";
import { type Answer, reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { objectReply } from "./scripted-object.js";
import { FAST_RETRY, failure, listed, openScripted } from "./stack.js";

let server: ScriptedHttpServer;
const opened: ObjectStore[] = [];

async function open(options?: OpenOptions): Promise<ObjectStore> {
  const store = await openScripted(server, {
    retry: { ...FAST_RETRY, attempts: 2 },
    ...options,
  });
  opened.push(store);
  return store;
}

beforeEach(async () => {
  server = await ScriptedHttpServer.listen();
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await server.close();
});

/** What the process holds more after the call than before, in bytes. */
async function growth(call: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  await call();
  return process.memoryUsage.rss() - before;
}

const MIB = 1 << 20;

describe("case 20: hostile replies", () => {
  const refused: [string, Answer][] = [
    [
      "Content-Length and chunked together",
      [
        "HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" +
          "5\r\nhello\r\n0\r\n\r\n",
      ],
    ],
    [
      "two lengths that differ",
      ["HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"],
    ],
    [
      "a chunk size that is none",
      ["HTTP/1.1 200 OK\r\netag: e\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nhello\r\n"],
    ],
    [
      "a chunk size beyond all bounds",
      [
        "HTTP/1.1 200 OK\r\netag: e\r\ntransfer-encoding: chunked\r\n\r\n" +
          "ffffffffffffffffff\r\nhello\r\n",
      ],
    ],
    [
      "obsolete folding",
      ["HTTP/1.1 200 OK\r\netag: e\r\n  folded\r\ncontent-length: 5\r\n\r\nhello"],
    ],
    ["no HTTP at all", ["220 mail.example ESMTP\r\n\r\n"]],
    ["a bare line feed", ["HTTP/1.1 200 OK\ncontent-length: 5\n\nhello", { close: "fin" }]],
    ["a negative length", ["HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: -5\r\n\r\nhello"]],
    ["headers without end", ["HTTP/1.1 200 OK\r\n", { endless: Buffer.from("x: y\r\n") }]],
    ["one header without end", ["HTTP/1.1 200 OK\r\nx: ", { endless: Buffer.alloc(1000, "x") }]],
    ["interim replies without end", [{ endless: Buffer.from("HTTP/1.1 100 Continue\r\n\r\n") }]],
    ["another protocol", ["HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n"]],
  ];

  it.each(refused)("%s: an error after the retries, and no data", async (_, answer) => {
    const store = await open({ s3: { idleTimeoutMs: 500 } });
    server.on({}, answer);
    const error = await failure(store.bytes("key"));
    expect(error.retry).toBe("exhausted");
    expect(["corrupt-format", "connection", "timeout", "unexpected"]).toContain(error.code);
    expect(server.requests).toHaveLength(2);
  });

  it("a compressed reply of absurd size is not unpacked", async () => {
    const store = await open();
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    server.on({}, [
      reply(200, { etag: '"e"', "content-encoding": "gzip", "content-length": bomb.length }, bomb),
    ]);
    expect(Buffer.from(await store.bytes("key")).equals(bomb)).toBe(true);
    expect(server.requests[0]?.headers.get("accept-encoding")).toBe("identity");
  });

  it("an error's body, a listing and an XML reply without end are cut off", async () => {
    const store = await open();
    const endless = (status: number, begin: string): Answer => [
      `HTTP/1.1 ${status} Endless\r\netag: "e"\r\ntransfer-encoding: chunked\r\n\r\n`,
      `${begin.length.toString(16)}\r\n${begin}\r\n`,
      { endless: Buffer.from(`10000\r\n${" ".repeat(0x10000)}\r\n`) },
    ];
    server
      .on({ method: "GET", path: /list-type/ }, endless(200, "<ListBucketResult>"))
      .on({ method: "GET" }, endless(500, "<Error>"))
      .on({ method: "POST" }, endless(200, "<InitiateMultipartUploadResult>"));
    for (const call of [
      () => store.bytes("key"),
      () => listed(store.list()),
      () => store.startMultipart("key"),
    ]) {
      expect(await growth(() => failure(call()))).toBeLessThan(400 * MIB);
    }
  });

  it("an announced length beyond memory is no reason to reserve it", async () => {
    const store = await open();
    server.on({}, [reply(500, { "content-length": 2 ** 45 }), { close: "fin" }]);
    expect(await growth(() => failure(store.bytes("key")))).toBeLessThan(100 * MIB);
    expect((await failure(listed(store.list()))).code).not.toBe("aborted");
  });

  it("a head that trickles in for ever meets the limit of its size or time", async () => {
    const store = await open({ s3: { idleTimeoutMs: 300 } });
    // Fast enough for the idle limit; the size of the head ends it.
    server.on({}, ["HTTP/1.1 200 OK\r\n", { endless: Buffer.from(`a: ${"b".repeat(200)}\r\n`) }]);
    expect((await failure(store.bytes("key"))).retry).toBe("exhausted");
  });

  it("deep and entity-ridden XML is refused", async () => {
    const store = await open();
    const documents = [
      "<a>".repeat(100_000),
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><ListBucketResult>&b;</ListBucketResult>',
      "<ListBucketResult><Contents><Key>&unknown;</Key></Contents></ListBucketResult>",
      "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
      "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult><ListBucketResult/>",
      "<html><body>captive portal</body></html>",
    ];
    for (const document of documents) {
      server.requests.length = 0;
      const hostile = await ScriptedHttpServer.listen();
      try {
        hostile.on({}, [reply(200, {}, document)]);
        const one = await openScripted(hostile, { retry: { ...FAST_RETRY, attempts: 2 } });
        expect(await failure(listed(one.list())), document.slice(0, 60)).toMatchObject({
          code: "unexpected",
          retry: "exhausted",
        });
        await one.close();
      } finally {
        await hostile.close();
      }
    }
    await store.close();
  });
});

describe("case 21: line ends in what goes into a header", () => {
  const EVIL = "text/plain\r\nx-evil: 1";

  it.each([
    ["a content type", (s: ObjectStore) => s.put("key", "x", { contentType: EVIL })],
    ["a metadata value", (s: ObjectStore) => s.put("key", "x", { metadata: { a: EVIL } })],
    ["a metadata value with LF", (s: ObjectStore) => s.put("key", "x", { metadata: { a: "\n" } })],
    ["a metadata name", (s: ObjectStore) => s.put("key", "x", { metadata: { "a\r\nb": "x" } })],
    [
      "a metadata name with a colon",
      (s: ObjectStore) => s.put("key", "x", { metadata: { "a:b": "x" } }),
    ],
    ["a storage class", (s: ObjectStore) => s.put("key", "x", { storageClass: EVIL })],
    [
      "an upload's content type",
      (s: ObjectStore) => s.startMultipart("key", { contentType: EVIL }),
    ],
    ["a copy's metadata", (s: ObjectStore) => s.copy("key", "k2", { metadata: { a: EVIL } })],
    ["an etag to match", (s: ObjectStore) => s.put("key", "x", { mode: { ifMatch: EVIL } })],
    ["a read's etag to match", (s: ObjectStore) => s.bytes("key", { ifMatch: EVIL })],
    ["a read's etag not to match", (s: ObjectStore) => s.bytes("key", { ifNoneMatch: EVIL })],
    ["a written stream's type", async (s: ObjectStore) => s.writable("key", { contentType: EVIL })],
  ])("%s is refused before the socket", async (_, call) => {
    const store = await open();
    expect(await failure(call(store))).toMatchObject({ code: "invalid-argument", retry: "never" });
    expect(server.connections).toBe(0);
  });

  it("in keys they are encoded, and never reach a head as they are", async () => {
    const store = await open();
    const key = "a\r\nx-evil: 1\r\n\r\nGET /b HTTP/1.1";
    server
      .on({ method: "PUT" }, [reply(200, { etag: '"e"' })])
      .on({ method: "HEAD" }, (request) => [objectReply(request, { bytes: Buffer.from("x") })])
      .on({ method: "GET", path: /list-type/ }, [
        reply(200, {}, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
      ])
      .on({ method: "DELETE" }, [reply(204)]);
    await store.put(key, "x");
    await store.head(key);
    await listed(store.list({ prefix: key, startAfter: key }));
    await store.delete(key);
    expect(server.requests.map(({ method }) => method)).toEqual(["PUT", "HEAD", "GET", "DELETE"]);
    expect(server.requests.some(({ headers }) => headers.has("x-evil"))).toBe(false);
    expect(server.unexpected).toEqual([]);
  });

  it("in the settings of a store they are refused", async () => {
    for (const s3 of [
      { region: "us-east-1\r\nx-evil: 1" },
      { credentials: { accessKeyId: "a\r\nx-evil: 1", secretAccessKey: "s" } },
      { credentials: { accessKeyId: "a", secretAccessKey: "s", sessionToken: "t\r\nx-evil: 1" } },
    ]) {
      const call = open({ s3 }).then((store) => store.head("key"));
      const error = await failure(call);
      expect(["invalid-config", "invalid-argument"]).toContain(error.code);
      // What stands in a credential is not repeated.
      expect(error.message.includes("x-evil")).toBe("region" in s3);
    }
    expect(server.requests).toEqual([]);
  });
});
