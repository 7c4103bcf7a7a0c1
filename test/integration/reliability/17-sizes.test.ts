import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/registry.js";
import { transferObject } from "../../../src/storage/transfer/index.js";
import { partRange, planParts } from "../../../src/storage/transfer/part-plan.js";
import { dropStores, memoryStore, noise, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { collect, failure, listed, openProxied, type ProxiedBucket } from "./stack.js";

const MIB = 1 << 20;
const TIB = 2 ** 40;
const PART = 5 * MIB;
const S3_LIMITS = { minPartBytes: 5 * MIB, maxPartBytes: 5 * 1024 * MIB, maxParts: 10_000 };

describe("case 17: the plan of parts", () => {
  it("covers every size up to 5 TiB with at most 10,000 parts within their limits", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 0, max: 5 * TIB }),
          // Around multiples of the part size, where one byte makes a part more.
          fc
            .tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: -1, max: 1 }))
            .map(([count, delta]) => count * 8 * MIB + delta),
        ),
        fc.integer({ min: 1, max: 1024 * MIB }),
        (size, wanted) => {
          const plan = planParts(size, S3_LIMITS, wanted);
          expect(plan.count).toBeLessThanOrEqual(10_000);
          expect(plan.partSize).toBeGreaterThanOrEqual(S3_LIMITS.minPartBytes);
          expect(plan.partSize).toBeLessThanOrEqual(S3_LIMITS.maxPartBytes);
          expect(partRange(plan, size, 1).start).toBe(0);
          expect(partRange(plan, size, plan.count).end).toBe(size);
          const last = partRange(plan, size, plan.count);
          if (size > 0) expect(last.end).toBeGreaterThan(last.start);
          const middle = Math.ceil(plan.count / 2);
          if (middle < plan.count) {
            expect(partRange(plan, size, middle).end).toBe(partRange(plan, size, middle + 1).start);
          }
        },
      ),
    );
  });

  it("grows exactly where 10,000 parts end", () => {
    expect(planParts(80_000 * MIB, S3_LIMITS, 8 * MIB)).toEqual({
      partSize: 8 * MIB,
      count: 10_000,
    });
    expect(planParts(80_000 * MIB + 1, S3_LIMITS, 8 * MIB).partSize).toBe(9 * MIB);
    expect(planParts(5 * TIB, S3_LIMITS, 8 * MIB).count).toBeLessThanOrEqual(10_000);
  });
});

for (const server of S3_SERVERS) {
  describe.skipIf(server.url === undefined)(`case 17: sizes on ${server.name}`, () => {
    let bucket: ProxiedBucket;
    let folder: string;

    beforeAll(async () => {
      bucket = await openProxied(server);
      folder = await mkdtemp(join(tmpdir(), "lode-sizes-"));
    });

    afterAll(async () => {
      await bucket.drop();
      await rm(folder, { recursive: true });
      dropStores();
    });

    it("nothing goes through every path", async () => {
      const { direct: store } = bucket;
      const empty = new Uint8Array(0);
      expect((await store.put("put", empty)).size).toBe(0);
      await store.put("streamed", { length: 0, async *stream() {} });
      const writer = store.writable("written");
      await writer.close();
      const upload = await store.startMultipart("parts");
      expect((await upload.complete()).size).toBe(0);
      await store.copy("put", "copied");
      await store.copy("put", "created", { mode: "create" });
      for (const key of ["put", "streamed", "written", "parts", "copied", "created"]) {
        expect((await store.head(key)).size, key).toBe(0);
        expect(await store.bytes(key), key).toEqual(empty);
        expect(await collect((await store.get(key, { range: { start: 0 } })).body)).toHaveLength(0);
        expect(await store.bytes(key, { range: { start: 0, end: 1 } })).toHaveLength(0);
        expect(await store.bytes(key, { range: { suffix: 5 } })).toHaveLength(0);
        const read = await store.readInto(key, { start: 0, end: 4 }, new Uint8Array(4));
        expect(read.bytesRead, key).toBe(0);
      }
      expect(await failure(store.bytes("put", { range: { start: 1 } }))).toMatchObject({
        code: "invalid-argument",
      });
      expect((await listed(store.list({ prefix: "put" })))[0]?.size).toBe(0);
    });

    it("nothing is uploaded, copied and downloaded", async () => {
      const disk = await openStore(`file://${folder}`, { env: {} });
      await writeFile(join(folder, "empty"), "");
      const there = { store: bucket.direct, key: "uploaded" };
      for (const [source, target] of [
        [{ store: disk, key: "empty" }, there],
        [there, { store: bucket.direct, key: "copied-on" }],
        [there, { store: disk, key: "back" }],
      ] as const) {
        const { thrown, summary } = await run(transferObject({ source, target }));
        expect(thrown).toBeUndefined();
        expect(summary).toMatchObject({ copied: 1, failed: 0, bytes: 0 });
      }
      expect((await readFile(join(folder, "back"))).length).toBe(0);
    });

    it.each([PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1])(
      "%i bytes, at the boundary of a part, there and back",
      async (size) => {
        const disk = await openStore(`file://${folder}`, { env: {} });
        const source = await memoryStore();
        const bytes = noise(size, size);
        await source.put("from", bytes);
        const there = { store: bucket.direct, key: `size-${size}` };
        const options = { partSize: PART, multipartThreshold: PART, verify: "read-back" } as const;
        const up = await run(
          transferObject({ source: { store: source, key: "from" }, target: there, ...options }),
        );
        expect(up.thrown).toBeUndefined();
        expect(up.summary).toMatchObject({ copied: 1, failed: 0, bytes: size });
        const { etag } = await there.store.head(there.key);
        expect(etag.endsWith(`-${Math.ceil(size / PART)}`)).toBe(size > PART);
        const target = { store: disk, key: `back-${size}` };
        const down = await run(transferObject({ source: there, target, ...options }));
        expect(down.summary).toMatchObject({ copied: 1, failed: 0, bytes: size });
        expect((await readFile(join(folder, `back-${size}`))).equals(Buffer.from(bytes))).toBe(
          true,
        );

        const writer = bucket.direct.writable("written", { partSize: PART });
        for (let at = 0; at < size; at += 1_000_003) {
          await writer.write(bytes.subarray(at, at + 1_000_003));
        }
        expect((await writer.close()).size).toBe(size);
        expect(Buffer.from(await bucket.direct.bytes("written")).equals(Buffer.from(bytes))).toBe(
          true,
        );
      },
    );

    it("leaves nothing pending and no temporary file", async () => {
      expect(await listed(bucket.direct.listMultiparts())).toEqual([]);
      const names = await readdir(folder);
      expect(names.filter((name) => !/^(empty|back(-\d+)?)$/.test(name))).toEqual([]);
    });
  });
}
