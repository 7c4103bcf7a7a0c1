import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/checkpoints/checkpoint-store.js";
import type { CheckpointOptions } from "../../src/checkpoints/context.js";
import { isLodeError } from "../../src/errors.js";
import { noise } from "../storage/transfer/stores.js";
import { type CheckpointPlace, keysOf, uploadsOf } from "./places.js";

const MIB = 1 << 20;

/** What must hold for checkpoints on any store. Each test works below a prefix of its own. */
export function describeCheckpoints(name: string, makePlace: () => Promise<CheckpointPlace>): void {
  describe(`checkpoints on ${name}`, () => {
    let place: CheckpointPlace;
    let folder = 0;

    beforeAll(async () => {
      place = await makePlace();
    });

    beforeEach(() => {
      folder++;
    });

    afterAll(() => place.drop());

    /** As another process would open it. */
    async function open(options: CheckpointOptions = {}): Promise<CheckpointStore> {
      return new CheckpointStore((await place.open()).sub(`job-${folder}`), options);
    }

    it.each([
      ["plain", {}],
      ["compressed", { compressionLevel: 1 }],
      ["round-robin", { strategy: "round-robin" }],
      ["binary", { strategy: "binary" }],
    ] as const)("what is saved is loaded: %s", async (_, options) => {
      const store = await open(options);
      // Noise does not shrink, text does; one in a single put, one in parts.
      const shards = [noise(100), Buffer.alloc(11 * MIB, "weights and biases ")];
      const saved = await store.save({ step: 5, epoch: 1, framework: "torch", shards });
      const loaded = await (await open()).loadLatest();
      expect(loaded?.manifest).toEqual(saved.manifest);
      for (const [rank, bytes] of shards.entries()) {
        expect(Buffer.from(await loaded!.readShard(rank)).equals(bytes), `rank ${rank}`).toBe(true);
      }
      const middle = await loaded!.readShard(1, {
        range: { start: 8 * MIB - 10, end: 8 * MIB + 10 },
      });
      expect(Buffer.from(middle).equals(shards[1]!.subarray(8 * MIB - 10, 8 * MIB + 10))).toBe(
        true,
      );
      expect((await keysOf(store.store)).length).toBe(4);
      expect(await uploadsOf(store.store)).toEqual([]);
    });

    it("ranks save together", async () => {
      const worldSize = 5;
      const facts = { step: 8, framework: "jax", worldSize, id: "together" };
      const checkpoints = await Promise.all(
        Array.from({ length: worldSize }, async (_, rank) => {
          const writer = (await open()).writer({ ...facts, rank });
          await writer.write(noise(1000 * rank, rank + 1));
          return writer.finalize({ timeoutMs: 30_000 });
        }),
      );
      for (const { manifest } of checkpoints) expect(manifest).toEqual(checkpoints[0]!.manifest);
      for (const [rank, bytes] of (await checkpoints[3]!.readShards()).entries()) {
        expect(Buffer.from(bytes).equals(noise(1000 * rank, rank + 1)), `rank ${rank}`).toBe(true);
      }
      const keys = await keysOf((await open()).store);
      expect(keys.filter((key) => key.startsWith("pending/"))).toEqual([]);
      expect(keys.length).toBe(2 + worldSize);
    });

    it("of two that save one name at once, one wins and the other is told", async () => {
      for (let round = 0; round < 4; round++) {
        const id = `round-${round}`;
        const both = await Promise.allSettled(
          ["a", "b"].map(async (framework) => {
            const shards = [noise(5), noise(6)];
            return (await open()).save({ step: 1, id, framework, shards });
          }),
        );
        const lost = both.filter((one) => one.status === "rejected");
        expect(lost.map(({ reason }) => reason.code)).toEqual(["already-exists"]);
        const won = both.filter((one) => one.status === "fulfilled");
        const loaded = await (await open()).load(`ckpt-1-${id}`);
        expect(loaded.manifest).toEqual(won[0]?.value.manifest);
        await loaded.readShards();
      }
    });

    it("of many that move latest.json at once, the last save wins", async () => {
      const saved = await Promise.all(
        Array.from({ length: 6 }, async (_, step) =>
          (await open()).save({ step, shards: [noise(5)] }),
        ),
      );
      const latest = await (await open()).loadLatest();
      const times = saved.map(({ manifest }) => Date.parse(manifest.wallTime));
      expect(Date.parse(latest!.manifest.wallTime)).toBe(Math.max(...times));
    });

    it("a reader never sees half a checkpoint while others are saved", async () => {
      const store = await open();
      await store.save({ step: 0, shards: [noise(10, 1), noise(20, 1)] });
      let saving = true;
      const seen = new Set<number>();
      const reading = (async () => {
        while (saving) {
          await setImmediate();
          const latest = await (await open()).loadLatest();
          const shards = await latest!.readShards();
          seen.add(latest!.step);
          for (const [rank, bytes] of shards.entries()) {
            expect(Buffer.from(bytes).equals(noise((rank + 1) * 10, latest!.step + 1))).toBe(true);
          }
        }
      })();
      try {
        for (let step = 1; step <= 5; step++) {
          await store.save({ step, shards: [noise(10, step + 1), noise(20, step + 1)] });
        }
      } finally {
        saving = false;
      }
      await reading;
      expect(seen.size).toBeGreaterThan(0);
    });

    it("a reader meets a checkpoint or none while they are deleted, or is told", async () => {
      const store = await open();
      for (let step = 1; step <= 6; step++) {
        await store.save({ step, shards: [noise(10, step), noise(20, step)] });
      }
      let deleting = true;
      const reading = (async () => {
        while (deleting) {
          // A store in memory answers without a turn of the event loop.
          await setImmediate();
          const latest = await (await open()).loadLatest();
          if (latest === undefined) continue;
          try {
            const shards = await latest.readShards();
            expect(Buffer.from(shards[1]!).equals(noise(20, latest.step))).toBe(true);
          } catch (error) {
            // Deleted since it was loaded: its shards are missing, which is never taken for success.
            if (!isLodeError(error, "integrity")) throw error;
          }
        }
      })();
      try {
        for (let step = 6; step >= 1; step--) {
          expect((await store.delete(step)).failures).toEqual([]);
        }
      } finally {
        deleting = false;
      }
      await reading;
      expect(await store.loadLatest()).toBeUndefined();
      expect(await keysOf(store.store)).toEqual([]);
    });

    it("a save in the background is a save", async () => {
      const store = await open();
      const weights = noise(MIB);
      const { snapshotDone, done } = store.saveAsync({ step: 2, shards: [weights] });
      await snapshotDone;
      weights.fill(0);
      const saved = await done;
      expect(Buffer.from(await saved.readShard(0)).equals(noise(MIB))).toBe(true);
    });

    it("an aborted save leaves nothing", async () => {
      const store = await open();
      const controller = new AbortController();
      const stream = (async function* () {
        for (let i = 0; i < 9; i++) yield noise(MIB, i + 1);
        controller.abort();
        yield noise(MIB);
      })();
      const failure = await store
        .save({ step: 1, shards: [noise(9), stream], signal: controller.signal })
        .catch((error: unknown) => error);
      expect(isLodeError(failure, "aborted")).toBe(true);
      expect(await keysOf(store.store)).toEqual([]);
      expect(await uploadsOf(store.store)).toEqual([]);
    });

    it("a shard that was exchanged or cut is refused, unless it is not to be verified", async () => {
      const store = await open();
      const saved = await store.save({ step: 1, shards: [noise(1000, 1), noise(1000, 2)] });
      const [first, second] = saved.manifest.shards;
      await store.store.put(first!.key, await store.store.bytes(second!.key));
      await store.store.put(second!.key, noise(999, 2));
      const latest = await (await open()).loadLatest();
      for (const rank of [0, 1]) {
        const failure = await latest!.readShard(rank).catch((error: unknown) => error);
        expect(isLodeError(failure, "integrity"), `rank ${rank}`).toBe(true);
        expect(String(failure)).toContain(`rank-${rank}.bin`);
      }
      const trusted = await (await open()).loadLatest({ verify: false });
      expect((await trusted!.readShard(0)).length).toBe(1000);
    });

    it("named shards are put, replaced at once by several, and read", async () => {
      const name = "model/encoder.layer 1 ü";
      const store = await open({ compressionLevel: 3 });
      await store.putShard(name, 0, Buffer.alloc(5000, "a"));
      await store.putShard(name, 1, noise(300));
      expect((await store.getShard(name, 0)).length).toBe(5000);
      expect(await store.getShard(name, 1, { range: { suffix: 2 } })).toEqual(
        noise(300).subarray(298),
      );
      await Promise.all(
        [1, 2, 3, 4].map(async (seed) => (await open()).putShard(name, 1, noise(seed * 100, seed))),
      );
      const left = await store.getShard(name, 1);
      const seed = left.length / 100;
      expect(Buffer.from(left).equals(noise(seed * 100, seed))).toBe(true);
      // A record and its data for each rank: what was replaced is gone.
      expect((await keysOf(store.store)).length).toBe(4);
    });
  });
}
