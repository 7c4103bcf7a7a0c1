import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Checkpoint, CheckpointStore } from "../../../src/checkpoints/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { keysOf } from "./sample-store.js";

/** What housekeeping needs of a place. */
export interface HousekeepingPlace {
  readonly store: ObjectStore;
  drop(): Promise<void>;
}

/** Days from now, so that what was written a moment ago is old. */
const later = () => Date.now() + 2 * 24 * 3600 * 1000;

/** The whole of it on one kind of store, with checkpoints as `CheckpointStore` saves them. */
export function describeHousekeeping(what: string, make: () => Promise<HousekeepingPlace>): void {
  describe(`housekeeping on ${what}`, () => {
    let place: HousekeepingPlace;
    let store: ObjectStore;
    let checkpoints: CheckpointStore;
    beforeEach(async () => {
      place = await make();
      // Beside other objects of the bucket, as most checkpoints lie.
      store = place.store.sub("job/checkpoints");
      checkpoints = new CheckpointStore(store, { blockSize: 64 });
    });
    afterEach(() => place.drop());

    const save = (step: number, loss: number) =>
      checkpoints.save({
        step,
        shards: [Buffer.alloc(200, step), Buffer.alloc(100, -step)],
        metrics: { loss },
      });

    it("lists, tags, verifies, prunes and repairs", async () => {
      await place.store.put("job/other", "untouched");
      for (const [step, loss] of [
        [1, 3],
        [2, 1],
        [3, 4],
        [4, 2],
      ] as const) {
        await save(step, loss);
      }
      const listed = await checkpoints.list();
      expect(listed.map(({ name }) => name.step).sort()).toEqual([1, 2, 3, 4]);
      await checkpoints.tag("first", 1);
      expect(await checkpoints.verify(4)).toMatchObject({ damages: [], shards: 2 });

      const upload = await store.startMultipart("shards/ckpt-9-x/rank-0.bin");
      await upload.putPart(1, Buffer.alloc(10));
      await store.put("shards/ckpt-9-x/rank-1.bin", "12345");
      const rules = { keepLast: 1, keepBest: { metric: "loss", mode: "min" } } as const;
      const young = await checkpoints.prune({ ...rules, dryRun: true });
      expect(young.plan.young.map(({ kind }) => kind).sort()).toEqual(["shard", "upload"]);
      const { removed, failures } = await checkpoints.prune({ ...rules, now: later() });
      expect(failures).toEqual([]);
      expect(removed.length).toBe(3);
      const uploads: string[] = [];
      for await (const { key } of store.listMultiparts()) uploads.push(key);
      expect(uploads).toEqual([]);
      const steps = new Set((await keysOf(store)).map((key) => /ckpt-(\d)/.exec(key)?.[1]));
      expect([...steps].filter((step) => step !== undefined).sort()).toEqual(["1", "2", "4"]);

      await store.put("latest.json", "{");
      await expect(checkpoints.loadLatest()).rejects.toMatchObject({ code: "corrupt-format" });
      expect(await checkpoints.repair()).toMatchObject({ problem: "damaged", name: { step: 4 } });
      await checkpoints.delete(4);
      expect((await checkpoints.loadLatest())?.step).toBe(2);
      await expect(checkpoints.delete(1)).rejects.toMatchObject({ code: "precondition-failed" });
      await checkpoints.delete(2);
      await checkpoints.delete(1, { force: true });
      expect(await keysOf(store)).toEqual([]);
      expect(await place.store.text("job/other")).toBe("untouched");
    });

    it("finds data of named shards that was replaced and could not be deleted", async () => {
      await checkpoints.putShard("model/a", 0, Buffer.alloc(100, 1));
      const [before] = (await keysOf(store)).filter((key) => key.endsWith(".bin"));
      const failing = store.with(
        fault({
          script: ({ operation }) =>
            operation === "delete"
              ? { kind: "error", when: "before", error: { code: "permission-denied" } }
              : undefined,
        }),
      );
      await new CheckpointStore(failing).putShard("model/a", 0, Buffer.alloc(100, 2));
      const { removed } = await checkpoints.prune({ now: later() });
      expect(removed).toMatchObject([{ leftover: { kind: "named-shard", key: before } }]);
      expect(await checkpoints.getShard("model/a", 0)).toEqual(new Uint8Array(100).fill(2));
    });

    it("takes nothing from saves that go on at the same time", async () => {
      const done = new AbortController();
      const saving = (async () => {
        const saved: Checkpoint[] = [];
        for (let step = 1; step <= 12; step++) saved.push(await save(step, step));
        done.abort();
        return saved;
      })();
      const pruner = new CheckpointStore(store);
      let removed = 0;
      while (!done.signal.aborted) {
        const result = await pruner.prune({ keepLast: 2 });
        expect(result.failures).toEqual([]);
        removed += result.removed.length;
        const latest = await pruner.loadLatest();
        if (latest !== undefined) {
          expect((await latest.readShards()).map(({ length }) => length)).toEqual([200, 100]);
        }
      }
      const saved = await saving;
      removed += (await pruner.prune({ keepLast: 2 })).removed.length;
      expect(removed).toBe(10);
      const left = await checkpoints.list();
      expect(left.map(({ name }) => name)).toEqual(saved.slice(-2).map(({ name }) => name));
      for (const { name } of left) expect((await checkpoints.verify(name)).damages).toEqual([]);
    });
  });
}
