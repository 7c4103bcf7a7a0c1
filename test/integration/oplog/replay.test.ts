import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpLog, type OpLogEntry, replay } from "../../../src/oplog/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { doEverything, openBucket, readLog } from "./s3-operations.js";

/** What a request was, without when. */
function facts({ op, file, bytes, objects, offset, error }: OpLogEntry): string {
  return JSON.stringify([op, file, bytes, objects, offset, error.split(":")[0]]);
}

describe.each(S3_SERVERS)("a replay on $name", (server) => {
  describe.skipIf(server.url === undefined)("started", () => {
    let folder: string;
    let original: ObjectStore;
    let copy: ObjectStore;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "lodestore-replay-"));
      original = await openBucket(server, `lode-replay-a-${server.name}-${process.pid}`);
      copy = await openBucket(server, `lode-replay-b-${server.name}-${process.pid}`);
      await original.createContainer();
      await copy.createContainer();
    });

    afterAll(async () => {
      for (const store of [original, copy]) {
        for await (const _ of store?.deleteMany(keysOf(store)) ?? []);
        await store?.deleteContainer();
        await store?.close();
      }
      await rm(folder, { recursive: true, force: true });
    });

    it("makes the same requests again, in another bucket", async () => {
      const first = join(folder, "first.tsv.zst");
      const log = await OpLog.start(first, { lossless: true });
      await doEverything(original, []);
      await log.close();
      const rows = await readLog(first);

      const second = join(folder, "second.tsv.zst");
      const again = await OpLog.start(second, { lossless: true });
      async function* batches() {
        yield rows;
      }
      const result = await replay(batches(), {
        to: copy.uri,
        // One after the other, as a thread did: what is read must have been written.
        concurrency: 1,
        speed: "max",
        openStore: async () => copy,
      });
      await again.close();
      expect(result).toMatchObject({ planned: rows.length, outOfOrder: 0 });
      // All but the first key of the batch of deletions is unknown to a log.
      expect(result.unknownKeys).toBe(61);
      const failed = rows.filter(({ error }) => error !== "").length;
      expect([result.done, result.failed]).toEqual([rows.length - failed, failed]);

      const comparable = (all: readonly OpLogEntry[]) =>
        all
          .filter(({ op }) => op !== "DELETE")
          .map(facts)
          .sort();
      expect(comparable(await readLog(second))).toEqual(comparable(rows));
    });
  });
});

async function* keysOf(store: ObjectStore): AsyncGenerator<string> {
  for await (const { key } of store.list()) yield key;
}
