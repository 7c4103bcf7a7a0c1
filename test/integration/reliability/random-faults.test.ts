import { afterEach, describe, expect, it } from "vitest";
import { transferObject } from "../../../src/storage/transfer/index.js";
import { randomFaults } from "../../faults/fault-plan.js";
import { seededRandom, withSeed } from "../../faults/seeded-random.js";
import { dropStores, memoryStore, noise, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { FAST_RETRY, listed, openProxied, type ProxiedBucket } from "./stack.js";

const PART = 5 << 20;
const RETRY = { ...FAST_RETRY, attempts: 12 };

let bucket: ProxiedBucket | undefined;

afterEach(async () => {
  await bucket?.drop();
  bucket = undefined;
  dropStores();
});

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

for (const server of S3_SERVERS) {
  describe.skipIf(server.url === undefined)(`a network that breaks, before ${server.name}`, () => {
    it("loses and changes nothing: puts, reads, copies, deletes and listings", async () => {
      await withSeed(async (seed) => {
        bucket = await openProxied(server, { seed }, { retry: RETRY });
        const { store, direct, proxy } = bucket;
        const random = seededRandom(seed);
        proxy.plan = randomFaults(seededRandom(seed + 1), 0.6, 4_000);
        const expected = new Map<string, number>();
        for (let step = 0; step < 120; step++) {
          const key = `key-${Math.floor(random() * 12)}`;
          const size = Math.floor(random() * 20_000);
          const drawn = random();
          if (drawn < 0.4) {
            await store.put(key, noise(size, size));
            expected.set(key, size);
          } else if (drawn < 0.5) {
            await store.delete(key);
            expected.delete(key);
          } else if (expected.has(key)) {
            const own = expected.get(key)!;
            if (drawn < 0.6) {
              await store.copy(key, "copy");
              expected.set("copy", own);
            }
            expect(same(await store.bytes(key), noise(own, own)), key).toBe(true);
          }
          // Else few connections are made: the next call begins on a new one.
          if (step % 3 === 0) proxy.dropConnections();
        }
        const keys = (await listed(store.list({ pageSize: 3 }))).map(({ key }) => key);
        expect(keys).toEqual([...expected.keys()].sort());
        for (const [key, size] of expected) {
          expect(same(await direct.bytes(key), noise(size, size)), key).toBe(true);
        }
        expect(proxy.fired).toBeGreaterThan(5);
      });
    });

    it("loses and changes nothing: an object in parts, there and back", async () => {
      await withSeed(async (seed) => {
        bucket = await openProxied(server, { seed }, { retry: RETRY });
        const { store, direct, proxy } = bucket;
        proxy.plan = randomFaults(seededRandom(seed), 0.5, PART);
        const there = await memoryStore();
        const bytes = Buffer.from(noise(3 * PART + 17, seed));
        await there.put("from", bytes);
        const options = { partSize: PART, multipartThreshold: PART };
        const up = await run(
          transferObject({
            source: { store: there, key: "from" },
            target: { store, key: "key" },
            ...options,
          }),
        );
        expect(up.summary.failures).toEqual([]);
        expect(Buffer.from(await direct.bytes("key")).equals(bytes)).toBe(true);
        proxy.dropConnections();
        const down = await run(
          transferObject({
            source: { store, key: "key" },
            target: { store: there, key: "back" },
            ...options,
          }),
        );
        expect(down.summary.failures).toEqual([]);
        expect(Buffer.from(await there.bytes("back")).equals(bytes)).toBe(true);
        expect(await listed(direct.listMultiparts())).toEqual([]);
      });
    });
  });
}
