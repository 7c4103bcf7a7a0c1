import { afterEach, describe, expect, it } from "vitest";
import { transferObject } from "../../../src/storage/transfer/index.js";
import type { DirectionFault } from "../../faults/fault-plan.js";
import { dropStores, memoryStore, noise, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { FAST_RETRY, failure, listed, openProxied, type ProxiedBucket } from "./stack.js";

const MIB = 1 << 20;
const PART = 5 * MIB;

let bucket: ProxiedBucket | undefined;

afterEach(async () => {
  await bucket?.drop();
  bucket = undefined;
  dropStores();
});

/** The reply to the first request that holds the text is lost with its connection. */
function loseReplyTo(text: string, times = 1): DirectionFault {
  return { after: { text, sent: true }, resetAfter: 0, times };
}

for (const server of S3_SERVERS) {
  describe.skipIf(server.url === undefined)(`case 4: lost replies of ${server.name}`, () => {
    async function open(text: string): Promise<ProxiedBucket> {
      bucket = await openProxied(server, { record: true });
      const fault = { toClient: loseReplyTo(text.replace("BUCKET", bucket.name)) };
      bucket.proxy.plan = () => fault;
      return bucket;
    }

    it.each([undefined, "create"] as const)(
      "of the completion of an upload: it succeeds (mode %s)",
      async (mode) => {
        const { store, direct, proxy } = await open("POST /BUCKET/key?uploadId=");
        const upload = await store.startMultipart("key", { mode });
        const parts = [noise(PART, 1), noise(100, 2)];
        await upload.putPart(1, parts[0]!);
        await upload.putPart(2, parts[1]!);
        const result = await upload.complete();
        expect(proxy.fired).toBe(1);
        expect(proxy.requests(/^POST .*uploadId=/).length).toBe(2);
        expect(result.size).toBe(PART + 100);
        expect(result.etag).toBe((await direct.head("key")).etag);
        expect(Buffer.from(await direct.bytes("key")).equals(Buffer.concat(parts))).toBe(true);
        expect(await listed(direct.listMultiparts())).toEqual([]);
      },
    );

    it("of the completion inside a transfer", async () => {
      const { store, direct, proxy } = await open("POST /BUCKET/key?uploadId=");
      const source = await memoryStore();
      const bytes = noise(2 * PART + 1, 3);
      await source.put("from", bytes);
      const { summary, thrown } = await run(
        transferObject({
          source: { store: source, key: "from" },
          target: { store, key: "key" },
          partSize: PART,
          multipartThreshold: PART,
        }),
      );
      expect(thrown).toBeUndefined();
      expect(summary).toMatchObject({ copied: 1, failed: 0 });
      expect(proxy.fired).toBe(1);
      expect(Buffer.from(await direct.bytes("key")).equals(Buffer.from(bytes))).toBe(true);
      expect(await listed(direct.listMultiparts())).toEqual([]);
    });

    it("of parts, and of the start, which leaves one upload that can be found and aborted", async () => {
      const { store, direct, proxy } = await open("?partNumber=1");
      const upload = await store.startMultipart("key");
      await upload.putPart(1, noise(100, 4));
      expect(proxy.fired).toBe(1);
      await upload.complete();
      expect((await direct.head("key")).size).toBe(100);

      const fault = { toClient: loseReplyTo("other?uploads=") };
      proxy.plan = () => fault;
      proxy.dropConnections();
      const other = await store.startMultipart("other");
      await other.abort();
      const [left, ...more] = await listed(direct.listMultiparts());
      expect(left?.key).toBe("other");
      expect(more).toEqual([]);
      await (await direct.resumeMultipart("other", left!.id)).abort();
      expect(await listed(direct.listMultiparts())).toEqual([]);
    });

    it("of a completion that somebody else made differently is no success", async () => {
      const { store, direct } = await open("POST /BUCKET/key?uploadId=");
      await direct.put("key", "older");
      const upload = await store.startMultipart("key", { mode: "create" });
      await upload.putPart(1, noise(100, 5));
      expect(await failure(upload.complete())).toMatchObject({ code: "already-exists" });
      expect(await direct.text("key")).toBe("older");
      await upload.abort();
    });

    it("of deletes and copies: they are repeated", async () => {
      const { store, direct, proxy } = await open("DELETE /BUCKET/");
      await direct.put("key", "text");
      await store.copy("key", "other");
      await store.delete("key");
      expect(proxy.fired).toBe(1);
      expect((await listed(direct.list())).map(({ key }) => key)).toEqual(["other"]);
      const fault = { toClient: loseReplyTo("x-amz-copy-source: ") };
      proxy.plan = () => fault;
      proxy.dropConnections();
      await store.copy("other", "third");
      expect(proxy.fired).toBe(2);
      expect(await direct.text("third")).toBe("text");
    });

    it("of every try: the error says so and is exhausted", async () => {
      bucket = await openProxied(server, {}, { retry: { ...FAST_RETRY, attempts: 3 } });
      bucket.proxy.plan = () => ({ toClient: { resetAfter: 0 } });
      expect(await failure(bucket.store.put("key", "text"))).toMatchObject({
        code: "connection",
        retry: "exhausted",
      });
      expect(bucket.proxy.fired).toBe(3);
    });
  });
}
