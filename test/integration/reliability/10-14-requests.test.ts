import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../src/errors.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import type { OpenOptions } from "../../../src/storage/registry.js";
import { transferObject } from "../../../src/storage/transfer/index.js";
import { errorReply, reply } from "../../faults/scripted-answer.js";
import { type RecordedRequest, ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { dropStores, memoryStore, noise, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { objectReply } from "./scripted-object.js";
import { failure, openProxied, openScripted } from "./stack.js";

let server: ScriptedHttpServer;
const opened: ObjectStore[] = [];

async function open(options?: OpenOptions): Promise<ObjectStore> {
  const store = await openScripted(server, options);
  opened.push(store);
  return store;
}

beforeEach(async () => {
  server = await ScriptedHttpServer.listen();
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await server.close();
  dropStores();
});

const bytes = Buffer.from("the object");
const stored = reply(200, { etag: '"etag-1"' });

describe("case 10: a kept connection that the server closes", () => {
  const HEAD = { method: "HEAD" };
  const alive = reply(200, { etag: '"e"', "content-length": 0 });

  /** Every second connection's second request finds it closed. */
  function closeOnReuse(good: (request: RecordedRequest) => Buffer): void {
    const seen = new Map<number, number>();
    server.on({}, (request) => {
      const nth = seen.get(request.connection) ?? 0;
      seen.set(request.connection, nth + 1);
      return nth > 0 ? [{ close: "reset" }] : [good(request)];
    });
  }

  it.each([
    ["get", (store: ObjectStore) => store.bytes("key")],
    ["head", (store: ObjectStore) => store.head("key")],
    ["put", (store: ObjectStore) => store.put("key", bytes)],
    [
      "a put whose body is made anew",
      (store: ObjectStore) =>
        store.put("key", {
          length: 200_000,
          async *stream() {
            for (let at = 0; at < 4; at++) yield new Uint8Array(50_000).fill(at);
          },
        }),
    ],
  ])("%s is sent again at once, whole", async (_, call) => {
    const store = await open({ retry: false });
    closeOnReuse((request) =>
      request.method === "PUT" ? stored : objectReply(request, { bytes }),
    );
    await store.head("first");
    await call(store);
    expect(server.connections).toBe(2);
    const [first, second] = server.requests.slice(-2);
    expect(second?.method).toBe(first?.method);
    expect(second?.body.equals(first?.body ?? Buffer.of(1))).toBe(true);
  });

  it("a put whose body cannot be made again fails, and says why", async () => {
    const store = await open({ retry: false, s3: { payloadSigning: "never", checksum: "off" } });
    closeOnReuse((request) => (request.method === "PUT" ? stored : alive));
    let made = 0;
    const once = {
      length: 10,
      async *stream() {
        if (made++ > 0) throw new Error("the body is used up");
        yield bytes;
      },
    };
    await store.head("first");
    const error = await failure(store.put("key", once));
    expect(error.message).toContain("the body is used up");
    expect(server.received({ method: "PUT" }).length).toBeLessThanOrEqual(2);
  });

  it("a conditional put is left to the retry layer, which knows its own success", async () => {
    closeOnReuse((request) => (request.method === "PUT" ? stored : alive));
    const bare = await open({ retry: false });
    await bare.head("first");
    expect(await failure(bare.put("key", bytes, { mode: "create" }))).toMatchObject({
      code: "connection",
      retry: "safe",
    });
    const store = await open();
    await store.head("first");
    expect((await store.put("key", bytes, { mode: "create" })).etag).toBe("etag-1");
  });

  it("the start of an upload is repeated by the retry layer", async () => {
    closeOnReuse((request) =>
      request.method === "POST"
        ? reply(
            200,
            {},
            "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
          )
        : alive,
    );
    const store = await open();
    await store.head("first");
    expect((await store.startMultipart("key")).id).toBe("1");
    expect(server.received(HEAD)).toHaveLength(1);
  });

  for (const real of S3_SERVERS) {
    it.skipIf(real.url === undefined)(`goes unnoticed in front of ${real.name}`, async () => {
      const bucket = await openProxied(real);
      try {
        const { store, proxy } = bucket;
        for (let round = 0; round < 10; round++) {
          await Promise.all(
            Array.from({ length: 4 }, (_, at) => store.put(`key-${at}`, `round ${round}`)),
          );
          proxy.dropConnections(round % 2 === 0 ? "fin" : "reset");
          expect(await store.text("key-0")).toBe(`round ${round}`);
        }
        expect(proxy.connections).toBeGreaterThan(10);
      } finally {
        await bucket.drop();
      }
    });
  }
});

describe("case 11: redirects", () => {
  const regionOf = (request: RecordedRequest) =>
    /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.get("authorization") ?? "")?.[1];

  it.each([
    ["301 with a region", 301, "PermanentRedirect"],
    ["400 that names the region", 400, "AuthorizationHeaderMalformed"],
    ["307 with a region", 307, "TemporaryRedirect"],
  ])("%s: signed again once, and remembered", async (_, status, code) => {
    const store = await open();
    server.on({}, (request) =>
      regionOf(request) === "eu-test-1"
        ? [objectReply(request, { bytes })]
        : [errorReply(status, code, { "x-amz-bucket-region": "eu-test-1" })],
    );
    expect(await store.text("key")).toBe("the object");
    expect(await store.text("key")).toBe("the object");
    expect(server.requests.map(regionOf)).toEqual(["us-east-1", "eu-test-1", "eu-test-1"]);
  });

  it("regions that lead from one to the next end in an error", async () => {
    const store = await open();
    server.on({}, (_, nth) => [
      errorReply(301, "PermanentRedirect", { "x-amz-bucket-region": `region-${nth}` }),
    ]);
    expect(await failure(store.bytes("key"))).toMatchObject({ code: "invalid-config" });
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it("a name that is no region never becomes part of a host name", async () => {
    const store = await open();
    server.on({}, [
      errorReply(301, "PermanentRedirect", { "x-amz-bucket-region": "x.evil.example/" }),
    ]);
    expect(await failure(store.bytes("key"))).toMatchObject({ code: "invalid-config" });
    expect(server.requests).toHaveLength(1);
  });

  it.each([301, 307, 308])("%i to another host: nothing is sent there", async (status) => {
    const other = await ScriptedHttpServer.listen();
    try {
      const store = await open();
      // The same machine by another name.
      const location = `http://localhost:${other.port}/bucket/key`;
      server.on({}, [reply(status, { location })]);
      const error = await failure(store.put("key", bytes));
      expect(error.code).toBe("invalid-config");
      expect(error.message).toContain("credentials");
      expect(other.connections).toBe(0);
    } finally {
      await other.close();
    }
  });

  it("to the same host is followed once, with a new signature", async () => {
    const store = await open();
    server.on({}, (request, nth) =>
      nth === 0
        ? [reply(307, { location: `${server.url}/bucket/key` })]
        : [objectReply(request, { bytes })],
    );
    expect(await store.text("key")).toBe("the object");
    expect(server.requests).toHaveLength(2);
  });

  it("in a circle ends", async () => {
    const store = await open({ retry: { attempts: 2, baseDelayMs: 1 } });
    server.on({}, [reply(308, { location: `${server.url}/bucket/key` })]);
    await failure(store.bytes("key"));
    expect(server.requests.length).toBeLessThanOrEqual(4);
  });
});

describe("case 12: a clock that is wrong", () => {
  const HOUR = 3_600_000;
  const dateOf = (request: RecordedRequest) => {
    const text = request.headers.get("x-amz-date") ?? "";
    return Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  };

  it.each([HOUR, -HOUR])("is corrected by the reply's date (%i ms)", async (skew) => {
    const store = await open();
    server.on({}, (request) => {
      const theirs = Date.now() + skew;
      if (Math.abs(dateOf(request) - theirs) < 60_000) return [objectReply(request, { bytes })];
      const date = new Date(theirs).toUTCString();
      return [
        request.method === "HEAD"
          ? reply(403, { date, "content-length": 0 })
          : errorReply(403, "RequestTimeTooSkewed", { date }),
      ];
    });
    expect(await store.text("key")).toBe("the object");
    await store.head("key");
    // One retry at first; what was learned holds for the calls after it.
    expect(server.requests).toHaveLength(3);
    const other = await open();
    expect((await other.head("key")).size).toBe(bytes.length);
    expect(server.requests).toHaveLength(5);
  });

  it("that cannot be corrected is told after one retry", async () => {
    const store = await open();
    server.on({}, () => [
      errorReply(403, "RequestTimeTooSkewed", { date: new Date().toUTCString() }),
    ]);
    const error = await failure(store.bytes("key"));
    expect(error).toMatchObject({ code: "unauthenticated", retry: "never" });
    expect(error.message).toContain("clock");
    expect(server.requests).toHaveLength(2);
  });
});

describe("case 13: credentials that expire during a transfer", () => {
  it("are fetched once for all, and no part is sent twice in vain", async () => {
    let fetched = 0;
    const credentials = async () => ({
      accessKeyId: "AKIAEXPIRING",
      secretAccessKey: "secret",
      sessionToken: `token-${++fetched}`,
    });
    const parts = new Map<string, Buffer>();
    let valid = "token-1";
    server
      .on({ method: "PUT" }, (request) => {
        // Parts 3 to 6 are on their way when the first token ends.
        if (Number(request.query.get("partNumber")) === 3) valid = "token-2";
        if (request.headers.get("x-amz-security-token") !== valid) {
          return [{ delayMs: 5 }, errorReply(400, "ExpiredToken")];
        }
        parts.set(request.query.get("partNumber") ?? "", request.body);
        return [{ delayMs: 2 }, stored];
      })
      .on({ method: "POST", path: /\?uploads=$/ }, [
        reply(
          200,
          {},
          "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
        ),
      ])
      .on({ method: "POST" }, [
        reply(
          200,
          {},
          "<CompleteMultipartUploadResult><ETag>done</ETag></CompleteMultipartUploadResult>",
        ),
      ]);
    const store = await open({ s3: { credentials } });
    const source = await memoryStore();
    const MIB5 = 5 << 20;
    const body = noise(10 * MIB5, 13);
    await source.put("from", body);
    const { summary, thrown } = await run(
      transferObject({
        source: { store: source, key: "from" },
        target: { store, key: "key" },
        partSize: MIB5,
        multipartThreshold: MIB5,
        partConcurrency: 4,
      }),
    );
    expect(thrown).toBeUndefined();
    expect(summary.failed).toBe(0);
    expect(fetched).toBe(2);
    const sent = Array.from({ length: 10 }, (_, at) => parts.get(String(at + 1))!);
    expect(Buffer.concat(sent).equals(Buffer.from(body))).toBe(true);
    expect(server.unexpected).toEqual([]);
  });

  it("and come back as bad as they were end in an error", async () => {
    const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret", sessionToken: "old" };
    const store = await open({ s3: { credentials } });
    server.on({}, [errorReply(400, "ExpiredToken")]);
    expect(await failure(store.bytes("key"))).toMatchObject({
      code: "unauthenticated",
      retry: "never",
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe("case 14: refusals are not retried, each has its own error", () => {
  const refusals: [number, string, ErrorCode][] = [
    [401, "", "unauthenticated"],
    [403, "AccessDenied", "permission-denied"],
    [403, "SignatureDoesNotMatch", "unauthenticated"],
    [403, "InvalidAccessKeyId", "unauthenticated"],
    [404, "NoSuchKey", "not-found"],
    [404, "NoSuchBucket", "not-found"],
    [405, "MethodNotAllowed", "unsupported"],
    [412, "PreconditionFailed", "precondition-failed"],
  ];
  const calls: Record<string, (store: ObjectStore) => Promise<unknown>> = {
    get: (store) => store.bytes("key"),
    head: (store) => store.head("key"),
    put: (store) => store.put("key", bytes),
    list: async (store) => {
      for await (const object of store.list()) return object;
      return undefined;
    },
    startMultipart: (store) => store.startMultipart("key"),
  };
  for (const [name, call] of Object.entries(calls)) {
    it.each(refusals)(`${name}: %i %s is %s`, async (status, provider, code) => {
      const store = await open();
      server.on({}, (request) => {
        const headers = { "x-amz-request-id": "REQ-14" };
        if (request.method === "HEAD") return [reply(status, { ...headers, "content-length": 0 })];
        return [provider === "" ? reply(status, headers) : errorReply(status, provider, headers)];
      });
      const error = await failure(call(store));
      const bodyless = name === "head" && status === 403;
      expect(error.code).toBe(bodyless ? "permission-denied" : code);
      expect(error).toMatchObject({ retry: "never", details: { status, requestId: "REQ-14" } });
      expect(error.uri).toContain("s3://bucket");
      expect(server.requests).toHaveLength(1);
    });
  }
});
