import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RetryEvent } from "../../../src/storage/layers/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { type Answer, errorReply, errorXml, reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { objectReply } from "./scripted-object.js";
import { failure, listed, openScripted, TestClock } from "./stack.js";

let server: ScriptedHttpServer;
const opened: ObjectStore[] = [];

async function open(
  ...args: Parameters<typeof openScripted> extends [unknown, ...infer R] ? R : never
) {
  const store = await openScripted(server, ...args);
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

const bytes = Buffer.from("the object");
const UPLOAD = reply(
  200,
  {},
  "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>",
);
const stored = (etag = "etag-1") => reply(200, { etag: `"${etag}"` });
const slowDown = (headers = {}) => errorReply(503, "SlowDown", headers);

describe("case 1: SlowDown", () => {
  it("waits by full jitter, doubling its bound, then succeeds", async () => {
    const clock = new TestClock();
    const store = await open({
      retry: { attempts: 8, baseDelayMs: 100, maxDelayMs: 500, clock, random: () => 0.5 },
    });
    server.on({ method: "GET" }, (request, nth) => [
      nth < 5 ? slowDown() : objectReply(request, { bytes }),
    ]);
    expect(await store.text("key")).toBe("the object");
    expect(clock.sleeps).toEqual([50, 100, 200, 250, 250]);
    expect(server.requests).toHaveLength(6);
  });

  it("waits at least as long as Retry-After says, in seconds or until a date", async () => {
    const clock = new TestClock();
    const store = await open({ retry: { attempts: 8, baseDelayMs: 1, clock, random: () => 0 } });
    const headers = [
      { "retry-after": 2 },
      {
        date: "Wed, 01 Jan 2025 00:00:00 GMT",
        "retry-after": "Wed, 01 Jan 2025 00:00:07 GMT",
      },
      {},
    ];
    server.on({ method: "PUT" }, (_, nth) => [nth < 3 ? slowDown(headers[nth]) : stored()]);
    expect((await store.put("key", bytes)).etag).toBe("etag-1");
    expect(clock.sleeps).toEqual([2000, 7000, 0]);
  });

  it("keeps fewer in flight after it", async () => {
    const events: RetryEvent[] = [];
    const store = await open({
      retry: {
        attempts: 8,
        baseDelayMs: 1,
        maxInFlight: 32,
        onRetry: (event) => events.push(event),
      },
    });
    let proceed = () => {};
    const full = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    server.on({ method: "PUT" }, (_, nth) => {
      if (nth === 31) proceed();
      if (nth < 32) return [{ until: full }, slowDown()];
      return [{ delayMs: 3 }, stored()];
    });
    const puts = Array.from({ length: 96 }, (_, at) => store.put(`key-${at}`, bytes));
    await full;
    // From here on: what runs beside the refused ones, and after them.
    while (events.length < 32) await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests.length).toBeGreaterThanOrEqual(32);
    server.maxInFlight = 0;
    await Promise.all(puts);
    expect(events[0]!.inFlightLimit).toBeLessThanOrEqual(16);
    expect(server.maxInFlight).toBeLessThan(32);
    expect(server.requests.length).toBe(96 + 32);
  });

  it("ends as rate-limited and exhausted when it does not stop", async () => {
    const store = await open();
    server.on({}, () => [slowDown({ "x-amz-request-id": "REQ-503" })]);
    const error = await failure(store.put("key", bytes));
    expect(error).toMatchObject({ code: "rate-limited", retry: "exhausted" });
    expect(error.details).toMatchObject({ status: 503, requestId: "REQ-503", attempts: 4 });
  });
});

/** Every call of a store that sends one request and may be repeated. */
const CALLS: Record<string, { run(store: ObjectStore): Promise<unknown>; good: Answer }> = {
  get: { run: (s) => s.bytes("key"), good: [reply(200, { etag: '"e"' }, bytes)] },
  readInto: {
    run: (s) => s.readInto("key", { start: 0, end: 10 }, new Uint8Array(10)),
    good: [reply(206, { etag: '"e"', "content-range": "bytes 0-9/10" }, bytes)],
  },
  head: { run: (s) => s.head("key"), good: [reply(200, { etag: '"e"', "content-length": 10 })] },
  put: { run: (s) => s.put("key", bytes), good: [stored()] },
  startMultipart: { run: (s) => s.startMultipart("key"), good: [UPLOAD] },
  list: {
    run: (s) => listed(s.list()),
    good: [reply(200, {}, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")],
  },
  listMultiparts: {
    run: (s) => listed(s.listMultiparts()),
    good: [
      reply(
        200,
        {},
        "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
      ),
    ],
  },
  listContainers: {
    run: (s) => listed(s.listContainers()),
    good: [reply(200, {}, "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>")],
  },
  delete: { run: (s) => s.delete("key"), good: [reply(204)] },
  deleteMany: {
    run: async (s) => {
      for (const { error } of await listed(s.deleteMany(["a", "b"]))) if (error) throw error;
    },
    good: [reply(200, {}, "<DeleteResult></DeleteResult>")],
  },
  copy: {
    run: (s) => s.copy("key", "other"),
    good: [reply(200, { etag: '"e"', "content-length": 10 })],
  },
  deleteContainer: { run: (s) => s.deleteContainer(), good: [reply(204)] },
};

describe("case 2: server errors on any call", () => {
  for (const [name, { run, good }] of Object.entries(CALLS)) {
    it(`${name}: 500, 502 and 504 are retried`, async () => {
      const store = await open();
      server.on({}, (request, nth) => {
        const status = [500, 502, 504][nth];
        if (status !== undefined) return [reply(status, { "x-amz-request-id": `REQ-${status}` })];
        if (name === "copy" && request.method === "PUT") {
          return [reply(200, {}, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")];
        }
        return good;
      });
      await run(store);
      expect(server.requests.length).toBeGreaterThanOrEqual(4);
    });

    it(`${name}: the last error keeps the request id and says that it was retried`, async () => {
      const store = await open();
      server.on({}, (_, nth) => [reply(500, { "x-amz-request-id": `REQ-${nth}` })]);
      const error = await failure(run(store));
      expect(server.requests).toHaveLength(4);
      expect(error).toMatchObject({ code: "unexpected", retry: "exhausted" });
      expect(error.details).toMatchObject({ status: 500, requestId: "REQ-3", attempts: 4 });
      expect(error.message).toContain("gave up after 4 attempts");
    });
  }

  it("calls of an upload in parts are retried too", async () => {
    const store = await open();
    const failTwice = (good: Answer) => (_: unknown, nth: number) =>
      nth < 2 ? [errorReply(500, "InternalError")] : good;
    server
      .on({ method: "POST", path: /\?uploads=$/ }, failTwice([UPLOAD]))
      .on({ method: "PUT", path: /partNumber=1/ }, failTwice([stored()]))
      .on(
        { method: "GET", path: /uploadId=/ },
        failTwice([
          reply(200, {}, "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>"),
        ]),
      )
      .on({ method: "DELETE", path: /uploadId=/ }, failTwice([reply(204)]));
    const upload = await store.startMultipart("key");
    await upload.putPart(1, bytes);
    await upload.listParts();
    await upload.abort();
    expect(server.requests).toHaveLength(12);
    expect(server.unexpected).toEqual([]);
  });

  it("no try begins after the deadline", async () => {
    const clock = new TestClock();
    const retry = { attempts: 1000, baseDelayMs: 100, maxDelayMs: 400, deadlineMs: 2000 };
    const store = await open({ retry: { ...retry, clock, random: () => 0.9 } });
    server.on({}, [errorReply(500, "InternalError", { "x-amz-request-id": "LAST" })]);
    const error = await failure(store.head("key"));
    const waited = clock.sleeps.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeLessThanOrEqual(2000);
    expect(waited).toBeGreaterThan(1500);
    expect(error).toMatchObject({ retry: "exhausted", details: { requestId: "LAST" } });
  });

  it("a retry that would find its own effect in the way is not made", async () => {
    const store = await open();
    server
      .on({ method: "HEAD" }, [reply(404)])
      .on({ method: "PUT" }, [errorReply(500, "InternalError")]);
    expect(await failure(store.createContainer())).toMatchObject({ code: "unexpected" });
    expect(server.received({ method: "PUT" })).toHaveLength(1);
  });
});

describe("case 3: an error under status 200", () => {
  const late = (code: string): Answer => [
    "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\nx-amz-request-id: LATE\r\n" +
      "transfer-encoding: chunked\r\n\r\n",
    ...[" \n", " \n"].flatMap((space) => [`2\r\n${space}\r\n`, { delayMs: 1 }]),
    chunk(errorXml(code)),
    "0\r\n\r\n",
  ];
  const COMPLETED = reply(
    200,
    {},
    " \n \n<CompleteMultipartUploadResult><ETag>done-1</ETag></CompleteMultipartUploadResult>",
  );
  const head = reply(200, { etag: '"e"', "content-length": 10 });

  it.each([
    ["at once", [reply(200, { "x-amz-request-id": "LATE" }, errorXml("InternalError"))]],
    ["after white space", late("InternalError")],
  ])("of CompleteMultipartUpload, %s, is retried", async (_, bad) => {
    const store = await open();
    server
      .on({ method: "POST", path: /\?uploads=$/ }, [UPLOAD])
      .on({ method: "PUT" }, [stored()])
      .on({ method: "POST", path: /uploadId=/ }, (_, nth) => (nth < 2 ? bad : [COMPLETED]));
    const upload = await store.startMultipart("key");
    await upload.putPart(1, bytes);
    expect((await upload.complete()).etag).toBe("done-1");
    expect(server.received({ method: "POST", path: /uploadId=/ })).toHaveLength(3);
  });

  it("of CopyObject is retried", async () => {
    const store = await open();
    server.on({ method: "HEAD" }, [head]).on({ method: "PUT" }, (request, nth) => {
      expect(request.headers.get("x-amz-copy-source")).toBe("/bucket/key");
      if (nth < 2) return late("SlowDown");
      return [reply(200, {}, " \n<CopyObjectResult><ETag>copied</ETag></CopyObjectResult>")];
    });
    expect((await store.copy("key", "other")).etag).toBe("copied");
    expect(server.received({ method: "PUT" })).toHaveLength(3);
  });

  it("of UploadPartCopy ends the copy, and the upload is aborted; the retry begins anew", async () => {
    const store = await open({ s3: { copyThreshold: 4 } });
    server
      .on({ method: "HEAD" }, [head])
      .on({ method: "POST", path: /\?uploads=$/ }, [UPLOAD])
      .on({ method: "PUT", path: /partNumber=/ }, (_, nth) =>
        nth === 0
          ? late("InternalError")
          : [reply(200, {}, "<CopyPartResult><ETag>part</ETag></CopyPartResult>")],
      )
      .on({ method: "DELETE", path: /uploadId=/ }, [reply(204)])
      .on({ method: "POST", path: /uploadId=/ }, [COMPLETED]);
    expect((await store.copy("key", "other")).etag).toBe("done-1");
    expect(server.received({ method: "DELETE" })).toHaveLength(1);
    expect(server.received({ method: "POST", path: /uploads=$/ })).toHaveLength(2);
    expect(server.unexpected).toEqual([]);
  });

  it("is told with its request id when it stays, and at once when retrying cannot help", async () => {
    const store = await open();
    let code = "InternalError";
    server.on({ method: "HEAD" }, [head]).on({ method: "PUT" }, () => late(code));
    expect(await failure(store.copy("key", "other"))).toMatchObject({
      code: "unexpected",
      retry: "exhausted",
      details: { requestId: "LATE", errorUnderStatus: 200, providerCode: "InternalError" },
    });
    expect(server.received({ method: "PUT" })).toHaveLength(4);
    code = "AccessDenied";
    expect(await failure(store.copy("key", "other"))).toMatchObject({
      code: "permission-denied",
      retry: "never",
    });
    expect(server.received({ method: "PUT" })).toHaveLength(5);
  });
});

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
