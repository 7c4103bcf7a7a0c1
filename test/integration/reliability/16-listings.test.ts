import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareKeys } from "../../../src/core/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { openStore } from "../../../src/storage/registry.js";
import { reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { dropTestBucket, openTestBucket, S3_SERVERS } from "../s3/s3-servers.js";
import { FAST_RETRY, failure, listed, openScripted } from "./stack.js";

describe("case 16: listings that would never end", () => {
  let server: ScriptedHttpServer;
  let store: ObjectStore;

  beforeEach(async () => {
    server = await ScriptedHttpServer.listen();
    store = await openScripted(server, { retry: { ...FAST_RETRY, attempts: 3 } });
  });

  afterEach(async () => {
    await store.close();
    await server.close();
  });

  const entry = (key: string) =>
    `<Contents><Key>${key}</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified>` +
    '<ETag>"e"</ETag><Size>1</Size></Contents>';
  const page = (keys: string[], token?: string, truncated = token !== undefined) =>
    reply(
      200,
      {},
      `<ListBucketResult><IsTruncated>${truncated}</IsTruncated>${keys.map(entry).join("")}` +
        `${token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`}` +
        "</ListBucketResult>",
    );

  it("a truncated page without a token", async () => {
    server.on({}, [page(["a", "b"], undefined, true)]);
    expect(await failure(listed(store.list()))).toMatchObject({
      code: "unexpected",
      retry: "exhausted",
    });
    expect(server.requests.length).toBeLessThan(20);
  });

  it("the same page and token again and again", async () => {
    server.on({}, [page(["a", "b"], "again")]);
    expect(await failure(listed(store.list()))).toMatchObject({
      code: "unexpected",
      retry: "exhausted",
    });
    expect(server.requests.length).toBeLessThan(20);
  });

  it("tokens that go round in a circle", async () => {
    server.on({}, (_, nth) => [page([`key-${nth % 5}`], `token-${nth % 5}`)]);
    expect(await failure(listed(store.list()))).toMatchObject({ retry: "exhausted" });
    expect(server.requests.length).toBeLessThan(200);
  });

  it("empty pages with tokens that go round", async () => {
    server.on({}, (_, nth) => [page([], `token-${nth % 3}`)]);
    expect(await failure(listed(store.list()))).toMatchObject({ retry: "exhausted" });
    expect(server.requests.length).toBeLessThan(200);
  });

  it("a page that always fails, after one that never does", async () => {
    server.on({}, ({ query }) =>
      query.has("continuation-token") ? [reply(500)] : [page(["a", "b"], "next")],
    );
    const keys: string[] = [];
    const reading = async () => {
      for await (const { key } of store.list()) keys.push(key);
    };
    expect(await failure(reading())).toMatchObject({ retry: "exhausted" });
    expect(keys).toEqual(["a", "b"]);
    expect(server.requests.length).toBeLessThan(20);
  });

  it("each key is told once when a page is asked for again", async () => {
    const keys = Array.from({ length: 30 }, (_, at) => `key-${String(at).padStart(2, "0")}`);
    let failed = 0;
    server.on({}, ({ query }) => {
      const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
      if (query.has("continuation-token") && failed++ % 2 === 0) return [reply(503)];
      const rest = keys.filter((key) => key > after);
      const some = rest.slice(0, 4);
      return [page(some, rest.length > 4 ? some.at(-1) : undefined)];
    });
    expect((await listed(store.list())).map(({ key }) => key)).toEqual(keys);
    expect(failed).toBeGreaterThan(3);
  });

  it("listings of uploads and of buckets whose second page always fails", async () => {
    const upload =
      "<Upload><Key>k</Key><UploadId>1</UploadId><Initiated>2025-01-01T00:00:00.000Z</Initiated></Upload>";
    server
      .on({ path: /uploads=/ }, ({ query }) =>
        query.has("key-marker")
          ? [reply(500)]
          : [
              reply(
                200,
                {},
                "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>" +
                  "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>" +
                  `${upload}</ListMultipartUploadsResult>`,
              ),
            ],
      )
      .on({ path: /^\/(\?|$)/ }, ({ query }) =>
        query.has("continuation-token")
          ? [reply(500)]
          : [
              reply(
                200,
                {},
                "<ListAllMyBucketsResult><Buckets><Bucket><Name>one</Name></Bucket></Buckets>" +
                  "<ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>",
              ),
            ],
      );
    expect(await failure(listed(store.listMultiparts()))).toMatchObject({ retry: "exhausted" });
    expect(await failure(listed(store.listContainers()))).toMatchObject({ retry: "exhausted" });
    expect(server.requests.length).toBeLessThan(20);
    expect(server.unexpected).toEqual([]);
  });

  it("repeated markers of uploads", async () => {
    server.on({}, [
      reply(
        200,
        {},
        "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>" +
          "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>" +
          "</ListMultipartUploadsResult>",
      ),
    ]);
    expect(await failure(listed(store.listMultiparts()))).toMatchObject({ retry: "exhausted" });
    expect(server.requests.length).toBeLessThan(20);
  });
});

const ODD_KEYS = [
  "a & b <c> \"d\" 'e'",
  "new\nline and\r\nreturn",
  "tab\tand \u0001 control \u001f",
  "del \u007f and c1 \u0085",
  "emoji \u{1F600}/\u{1F469}\u200D\u{1F680}",
  "nfc \u00e9",
  "nfd e\u0301",
  "double//slash",
  "/leading",
  "./dot",
  "../up",
  "a/../b",
  "a/./b",
  "..",
  ".",
  "trailing/",
  "plus+and space",
  "percent%2Fescaped %25 %",
  "question?mark=1&x#hash",
  "back\\slash",
  "\uFFFD replacement",
  "private \u{F0000}",
  "noncharacter \uFFFE",
  "k".repeat(1024),
  "\u00e9".repeat(512),
  " leading and trailing blank ",
  "~!*'();:@=$,[]",
];

/** It keeps objects in folders and files of their names. */
const REFUSED_BY_MINIO = [
  "double//slash",
  "./dot",
  "../up",
  "a/../b",
  "a/./b",
  "..",
  ".",
  "k".repeat(1024),
  "\u00e9".repeat(512),
];

for (const server of S3_SERVERS) {
  describe.skipIf(server.url === undefined)(`case 16: odd keys on ${server.name}`, () => {
    it("are written, listed in order, read, copied and deleted as they are, or refused", async () => {
      const bucket = await openTestBucket(server);
      const { accessKeyId, secretAccessKey } = server;
      const store = await openStore(bucket.uri, {
        env: {},
        s3: { endpoint: server.url, credentials: { accessKeyId, secretAccessKey } },
        retry: FAST_RETRY,
      });
      try {
        const taken: string[] = [];
        const refused: string[] = [];
        for (const key of ODD_KEYS) {
          // MinIO takes a leading slash and drops it, without a word.
          if (server.name === "minio" && key.startsWith("/")) continue;
          try {
            await store.put(key, `body of ${key}`);
            taken.push(key);
          } catch (error) {
            expect(error, JSON.stringify(key)).toMatchObject({ code: "invalid-key" });
            refused.push(key);
          }
        }
        expect(refused).toEqual(server.name === "minio" ? REFUSED_BY_MINIO : []);
        const sorted = [...taken].sort(compareKeys);
        for (const pageSize of [1000, 3]) {
          const keys = (await listed(store.list({ pageSize }))).map(({ key }) => key);
          expect(keys).toEqual(sorted);
        }
        for (const key of taken) {
          expect(await store.text(key)).toBe(`body of ${key}`);
          const own = (await listed(store.list({ prefix: key }))).map((object) => object.key);
          expect(own).toContain(key);
          await store.copy(key, "copied");
          expect(await store.text("copied")).toBe(`body of ${key}`);
        }
        for await (const { key, error } of store.deleteMany(taken)) {
          expect(error, JSON.stringify(key)).toBeUndefined();
        }
        expect((await listed(store.list())).map(({ key }) => key)).toEqual(["copied"]);
      } finally {
        await store.close();
        await dropTestBucket(bucket);
      }
    });
  });
}
