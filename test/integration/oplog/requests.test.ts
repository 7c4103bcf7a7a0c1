import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpLog } from "../../../src/oplog/index.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { CountingProxy } from "./counting-proxy.js";
import { doEverything, openBucket, readLog } from "./s3-operations.js";

describe.each(S3_SERVERS)("the operation log on $name", (server) => {
  describe.skipIf(server.url === undefined)("started", () => {
    let folder: string;
    let proxy: CountingProxy;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "lodestore-oplog-"));
      proxy = await CountingProxy.start(server.url ?? "");
    });

    afterAll(async () => {
      await proxy?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it("has one row for each request that the server saw, and no secret", async () => {
      const bucket = `lode-oplog-${server.name}-${process.pid}`;
      const store = await openBucket({ ...server, url: proxy.url }, bucket);
      await store.createContainer();
      proxy.requests.length = 0;
      const path = join(folder, "log.tsv.zst");
      const log = await OpLog.start(path, { lossless: true });
      await doEverything(store);
      await log.close();
      // A copy asks for the size of its source first: that is part of the copy.
      const seen = proxy.requests.filter((line) => line !== `HEAD /${bucket}/parts`);
      await store.deleteContainer();
      await store.close();

      const rows = await readLog(path);
      expect(rows.length).toBe(seen.length);
      const counts: Record<string, number> = {};
      for (const { op } of rows) counts[op] = (counts[op] ?? 0) + 1;
      expect(counts).toEqual({
        PUT: 64,
        LIST: 1,
        GET: 64 + 64 + 1 + 1,
        STAT: 64,
        MULTIPART_START: 1,
        PUTPART: 3,
        MULTIPART_COMPLETE: 1,
        COPY: 1,
        DELETE: 1,
      });
      for (const row of rows) {
        expect(row.endpoint).toBe(proxy.url);
        expect(row.store).toBe(`s3://${bucket}`);
        expect(row.thread).toBeLessThan(100);
      }
      expect(rows.filter(({ offset }) => offset === 1000)).toHaveLength(64);
      const failed = rows.filter(({ error }) => error !== "");
      expect(failed.map(({ op, bytes, file }) => [op, bytes, file])).toEqual([
        ["GET", 0, 'none "at all"'],
      ]);
      const text = JSON.stringify(rows) + (await readFile(path, "latin1"));
      for (const secret of [server.accessKeyId, server.secretAccessKey, "Signature"]) {
        if (secret !== "test") expect(text).not.toContain(secret);
      }
    });
  });
});
