import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c } from "../../../src/core/index.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { transferTree } from "../../../src/storage/transfer/index.js";
import { reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { dropStores, memoryStore, noise, override } from "../../storage/transfer/stores.js";
import { objectReply } from "./scripted-object.js";
import { openScripted } from "./stack.js";

const MIB = 1 << 20;
const bytes = Buffer.from(noise(32 * 1024, 37));
const checksum = crc32c(bytes);

let server: ScriptedHttpServer;
const opened: ObjectStore[] = [];

beforeEach(async () => {
  server = await ScriptedHttpServer.listen();
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await server.close();
  dropStores();
});

/** The most memory that the process held while the work ran, over what it held before, in bytes. */
async function peak(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 10);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, process.memoryUsage.rss()) - before;
}

describe("case 37: memory", () => {
  it("10,000 concurrent reads hold what is in flight, not what is asked for", async () => {
    server.on({}, (request) => [objectReply(request, { bytes })]);
    const store = await openScripted(server);
    opened.push(store);
    let wrong = 0;
    const used = await peak(async () => {
      const reads = Array.from({ length: 10_000 }, async (_, at) => {
        const read = await store.bytes(`key-${at}`);
        if (crc32c(read) !== checksum) wrong++;
      });
      await Promise.all(reads);
    });
    expect(wrong).toBe(0);
    expect(server.requests.length).toBe(10_000);
    expect(server.connections).toBeLessThanOrEqual(256);
    // The bodies alone are 312 MiB.
    expect(used).toBeLessThan(200 * MIB);
  });

  it("a slow consumer holds the server back", async () => {
    const size = 256 * MIB;
    let sent = 0;
    const piece = Buffer.alloc(MIB, 7);
    server.on({}, [
      reply(200, { etag: '"e"', "content-length": size }),
      ...Array.from({ length: size / MIB }, () => ({
        get until() {
          sent += MIB;
          return Promise.resolve();
        },
      })).flatMap((step) => [step, piece]),
    ]);
    const store = await openScripted(server);
    opened.push(store);
    const { body } = await store.get("key");
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    // As long as it takes the server to fill what the kernel buffers, and then it stands still.
    let last = -1;
    while (sent !== last) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(sent).toBeLessThan(64 * MIB);
    await reader.return?.();
  });

  it("a listing of 1,000,000 keys is passed on page by page", async () => {
    const total = 1_000_000;
    // One page's text serves all, with the digits before the last three put in.
    const page = Array.from(
      { length: 1000 },
      (_, at) =>
        `<Contents><Key>key-PAGE${String(at).padStart(3, "0")}</Key>` +
        "<LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>" +
        "<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>",
    ).join("");
    const entries = (from: number) => page.replaceAll("PAGE", String(from / 1000).padStart(4, "0"));
    server.on({}, ({ query }) => {
      const from = Number(query.get("continuation-token") ?? 0);
      const more = from + 1000 < total;
      return [
        reply(
          200,
          {},
          `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>` +
            `${more ? `<NextContinuationToken>${from + 1000}</NextContinuationToken>` : ""}` +
            `${entries(from)}</ListBucketResult>`,
        ),
      ];
    });
    // What is recorded here would count as well.
    server.requests.push = () => 0;
    const store = await openScripted(server);
    opened.push(store);
    let count = 0;
    const used = await peak(async () => {
      for await (const { key } of store.list()) if (key.length === 11) count++;
    });
    expect(count).toBe(total);
    expect(used).toBeLessThan(200 * MIB);
  });

  it("a tree of 1,000 objects of 1 MiB passes in 32 MiB", async () => {
    const object = Buffer.from(noise(MIB, 1));
    const keys = Array.from({ length: 1000 }, (_, at) => `key-${String(at).padStart(4, "0")}`);
    server
      .on({ path: /list-type/ }, ({ query }) => {
        const from = Number(query.get("continuation-token") ?? 0);
        const some = keys.slice(from, from + 1000);
        const more = from + 1000 < keys.length;
        return [
          reply(
            200,
            {},
            `<ListBucketResult><IsTruncated>${more}</IsTruncated>` +
              `${more ? `<NextContinuationToken>${from + 1000}</NextContinuationToken>` : ""}` +
              some
                .map(
                  (key) =>
                    `<Contents><Key>${key}</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified>` +
                    `<ETag>"e"</ETag><Size>${MIB}</Size></Contents>`,
                )
                .join("") +
              "</ListBucketResult>",
          ),
        ];
      })
      .on({ method: "GET" }, (request) => [objectReply(request, { bytes: object, etag: "e" })]);
    const store = await openScripted(server);
    opened.push(store);
    const taken = new Set<string>();
    const target = await memoryStore(
      override(() => ({
        async put(key, body) {
          taken.add(key);
          return { etag: "e", size: body.length };
        },
      })),
    );
    const used = await peak(async () => {
      for await (const event of transferTree({
        source: { store },
        target: { store: target },
        memoryLimit: 32 * MIB,
        concurrency: 64,
      })) {
        if (event.type === "summary") expect(event.failures.slice(0, 3)).toEqual([]);
      }
    });
    expect(taken.size).toBe(1000);
    expect(used).toBeLessThan(250 * MIB);
  });
});
