import { afterEach, describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import type { WriteMode } from "../../../src/storage/backend.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { errorReply, reply } from "../../faults/scripted-answer.js";
import { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { failure, openProxied, openScripted, type ProxiedBucket } from "./stack.js";

let bucket: ProxiedBucket | undefined;

afterEach(async () => {
  await bucket?.drop();
  bucket = undefined;
});

/** Who of the writers wrote; any failure but a lost race is thrown. */
async function race(writes: readonly Promise<unknown>[]): Promise<number[]> {
  const outcomes = await Promise.allSettled(writes);
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === "fulfilled") return [index];
    if (isLodeError(outcome.reason, "already-exists", "precondition-failed")) return [];
    throw outcome.reason;
  });
}

/** Rounds, some at a time, each with its own key. */
async function rounds(count: number, round: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await round(next++);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

for (const server of S3_SERVERS) {
  // Each round takes radosgw's test server, which has one small disk journal, several times longer.
  const count = server.name === "minio" ? 1000 : 200;

  describe.skipIf(server.url === undefined)(`case 15: conditional writes on ${server.name}`, () => {
    it(`of two writers racing ${count} times to create exactly one wins`, async () => {
      bucket = await openProxied(server);
      const writers: ObjectStore[] = [await bucket.open(), bucket.direct];
      await rounds(count, async (number) => {
        const key = `round-${number}`;
        const order = number % 2 === 0 ? [0, 1] : [1, 0];
        const winners = await race(
          order.map((index) => writers[index]!.put(key, `by ${index}`, { mode: "create" })),
        );
        expect(winners).toHaveLength(1);
        if (number % 10 > 0) return;
        expect(await bucket!.direct.text(key)).toBe(`by ${order[winners[0]!]}`);
      });
    });

    it("of two writers racing to replace a version exactly one wins", async () => {
      bucket = await openProxied(server);
      const { store, direct } = bucket;
      let { etag } = await direct.put("key", "start");
      for (let number = 0; number < 50; number++) {
        const mode: WriteMode = { ifMatch: etag };
        const winners = await race([
          store.put("key", `0-${number}`, { mode }),
          direct.put("key", `1-${number}`, { mode }),
        ]);
        expect(winners).toHaveLength(1);
        expect(await direct.text("key")).toBe(`${winners[0]}-${number}`);
        etag = (await direct.head("key")).etag;
      }
    });

    it("of two uploads in parts racing to create exactly one wins", async () => {
      bucket = await openProxied(server);
      const { store, direct } = bucket;
      await rounds(20, async (number) => {
        const key = `round-${number}`;
        const uploads = await Promise.all(
          [store, direct].map(async (writer, index) => {
            const upload = await writer.startMultipart(key, { mode: "create" });
            await upload.putPart(1, Buffer.from(`by ${index}`));
            return upload;
          }),
        );
        const winners = await race(uploads.map((upload) => upload.complete()));
        expect(winners).toHaveLength(1);
        expect(await direct.text(key)).toBe(`by ${winners[0]}`);
        await Promise.all(uploads.map((upload) => upload.abort()));
      });
    });

    it("one's own success with its reply lost is no conflict, and leaves no trace", async () => {
      bucket = await openProxied(server, { record: true });
      const { store, direct, proxy } = bucket;
      const lost = { after: { text: "-none-match: *\r\n", sent: true }, resetAfter: 0, times: 1 };
      proxy.plan = () => ({ toClient: lost });
      const metadata = { mine: "yes" };
      const made = await store.put("key", "first", { mode: "create", metadata });
      expect(proxy.fired).toBe(1);
      expect(proxy.requests(/^PUT /)).toHaveLength(2);
      const head = await store.head("key");
      expect(head.etag).toBe(made.etag);
      expect(head.metadata).toEqual(metadata);
      expect((await store.get("key")).meta.metadata).toEqual(metadata);

      const lostAgain = { after: { text: "if-match: ", sent: true }, resetAfter: 0, times: 1 };
      proxy.plan = () => ({ toClient: lostAgain });
      proxy.dropConnections();
      const mode = { ifMatch: made.etag };
      const replaced = await store.put("key", "second", { mode });
      expect(proxy.fired).toBe(2);
      expect((await direct.head("key")).etag).toBe(replaced.etag);
      expect(await failure(store.put("key", "third", { mode }))).toMatchObject({
        code: "precondition-failed",
      });
      expect(await direct.text("key")).toBe("second");
    });

    it("somebody else's success is a conflict, also after a lost request", async () => {
      bucket = await openProxied(server);
      const { store, direct, proxy } = bucket;
      await direct.put("key", "theirs");
      // The first try ends before the server has seen it.
      const broken = { after: { text: "PUT /" }, resetAfter: 0, times: 1 };
      proxy.plan = () => ({ toServer: broken });
      expect(await failure(store.put("key", "theirs", { mode: "create" }))).toMatchObject({
        code: "already-exists",
        retry: "never",
      });
      expect(proxy.fired).toBe(1);
    });
  });
}

describe("case 15: what the server answers to conditional writes", () => {
  it("412 is already-exists, and 409 is retried", async () => {
    const server = await ScriptedHttpServer.listen();
    const store = await openScripted(server);
    try {
      server.on({ method: "PUT", path: "/bucket/taken" }, [errorReply(412, "PreconditionFailed")]);
      server.on({ method: "PUT", path: "/bucket/busy" }, (_, nth) =>
        nth < 2 ? [errorReply(409, "ConditionalRequestConflict")] : [reply(200, { etag: '"e"' })],
      );
      const mode = "create";
      expect(await failure(store.put("taken", "x", { mode }))).toMatchObject({
        code: "already-exists",
        retry: "never",
      });
      expect(server.requests).toHaveLength(1);
      expect(await store.put("busy", "x", { mode })).toMatchObject({ etag: "e" });
      expect(server.received({ path: "/bucket/busy" })).toHaveLength(3);
      expect(server.unexpected).toEqual([]);
    } finally {
      await store.close();
      await server.close();
    }
  });
});
