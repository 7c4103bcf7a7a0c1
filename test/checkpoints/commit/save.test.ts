import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../../src/checkpoints/checkpoint-store.js";
import type { SaveProgress } from "../../../src/checkpoints/commit/index.js";
import type { CheckpointOptions } from "../../../src/checkpoints/context.js";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import type { Layer } from "../../../src/storage/backend.js";
import { type FaultScript, fault } from "../../../src/storage/layers/fault.js";
import { intercept } from "../../../src/storage/layers/intercept.js";
import { noise } from "../../storage/transfer/stores.js";
import { type CheckpointPlace, keysOf, memoryPlace, uploadsOf } from "../places.js";

const KIB = 1024;
const BLOCK = 64 * KIB;

let place: CheckpointPlace;

beforeEach(async () => {
  place = await memoryPlace();
});

afterEach(() => place.drop());

/** A store whose calls go wrong as the script says. */
async function faulty(script: FaultScript, options = {}): Promise<CheckpointStore> {
  return new CheckpointStore(await place.open(fault({ script })), { blockSize: BLOCK, ...options });
}

async function open(options: CheckpointOptions = {}): Promise<CheckpointStore> {
  return new CheckpointStore(await place.open(), { blockSize: BLOCK, ...options });
}

async function failureOf(call: Promise<unknown>): Promise<LodeError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isLodeError(error)) return error;
  throw new Error(`expected a LodeError, got ${String(error)}`);
}

describe("save", () => {
  it("stores what it is given, in every form, and points latest.json to it", async () => {
    const store = await open();
    const [whole, a, b, streamed] = [1, 2, 3, 4].map((seed) => noise(200 * KIB + seed, seed));
    const saved = await store.save({
      step: 7,
      epoch: 2,
      framework: "jax",
      userMeta: { lr: 0.1 },
      metrics: { loss: 1.5 },
      shards: [
        whole!,
        [a!, b!],
        (async function* () {
          for (let at = 0; at < streamed!.length; at += 1000) {
            yield streamed!.subarray(at, at + 1000);
          }
        })(),
        new Uint8Array(0),
        new Float32Array(whole!.buffer, 8, 100),
      ],
    });
    const loaded = await (await open()).loadLatest();
    expect(loaded?.name).toEqual(saved.name);
    expect(loaded?.manifest).toEqual(saved.manifest);
    expect(loaded?.manifest).toMatchObject({
      framework: "jax",
      globalStep: 7,
      epoch: 2,
      worldSize: 5,
      userMeta: { lr: 0.1 },
      metrics: { loss: 1.5 },
      status: "complete",
    });
    const shards = (await loaded?.readShards()) ?? [];
    const expected = [whole!, Buffer.concat([a!, b!]), streamed!, new Uint8Array(0)];
    expected.push(whole!.subarray(8, 408));
    for (const [rank, bytes] of expected.entries()) {
      expect(Buffer.from(shards[rank]!).equals(bytes), `rank ${rank}`).toBe(true);
    }
  });

  it("leaves nothing but manifest, pointer and shards, also with an id that is given", async () => {
    const store = await open();
    await store.save({ step: 1, id: "a", shards: [noise(10), noise(200 * KIB)] });
    expect(await keysOf(store.store)).toEqual([
      "latest.json",
      "manifests/ckpt-1-a.json",
      "shards/ckpt-1-a/rank-0.bin",
      "shards/ckpt-1-a/rank-1.bin",
    ]);
    expect(await uploadsOf(store.store)).toEqual([]);
  });

  it("tells of its progress: every shard to its end, then the commit", async () => {
    const events: SaveProgress[] = [];
    const sizes = [10, 200 * KIB];
    const store = await open();
    await store.save({
      step: 1,
      shards: sizes.map((size) => noise(size)),
      onProgress: (event) => events.push(event),
    });
    for (const [rank, size] of sizes.entries()) {
      const own = events.filter((event) => event.rank === rank);
      expect(own.every(({ totalBytes }) => totalBytes === size)).toBe(true);
      expect(own.at(-1)).toMatchObject({ phase: "shards", bytes: size });
      const bytes = own.map((event) => event.bytes);
      expect(bytes).toEqual([...bytes].sort((x, y) => x - y));
    }
    expect(events.at(-1)).toMatchObject({ phase: "commit", rank: undefined });
  });

  it("keeps no more blocks in flight than it may, over all shards", async () => {
    let inFlight = 0;
    let most = 0;
    const counting: Layer = (inner) =>
      intercept(inner, async (call, run) => {
        if (call.bytes < BLOCK) return run();
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return run().finally(() => inFlight--);
      });
    const options = { blockSize: BLOCK, concurrency: 6 };
    const store = new CheckpointStore(await place.open(counting), options);
    await store.save({ step: 1, shards: [1, 2, 3, 4].map((seed) => noise(8 * BLOCK, seed)) });
    expect(most).toBeLessThanOrEqual(6);
    expect(most).toBeGreaterThanOrEqual(4);
    most = 0;
    await store.save({ step: 2, shards: [noise(20 * BLOCK)] });
    expect(most).toBe(6);
  });

  it.each([
    ["a step", { step: -1 }],
    ["an epoch", { epoch: 1.5 }],
    ["a framework", { framework: "" }],
    ["an id", { id: "../x" }],
    ["a tag", { tags: ["a/b"] }],
    ["no shards", { shards: [] }],
    ["metrics", { metrics: { loss: Number.NaN } }],
    ["userMeta", { userMeta: { n: 1n } }],
  ])("refuses %s that cannot be, before it writes", async (_, wrong) => {
    const calls: string[] = [];
    const store = await faulty(({ operation }) => {
      calls.push(operation);
      return undefined;
    });
    const failure = await failureOf(store.save({ step: 1, shards: [noise(10)], ...wrong }));
    expect(failure.code).toBe("invalid-argument");
    expect(calls).toEqual([]);
  });
});

describe("a save whose store fails", () => {
  const shards = [1, 2, 3].map((seed) => noise(3 * BLOCK + seed, seed));

  it.each(["before", "after"] as const)(
    "%s any of its calls leaves the old checkpoint or the new one, and cleans up",
    async (when) => {
      const clean = await open();
      const old = await clean.save({ step: 1, id: "old", shards });
      const before = await keysOf(clean.store);
      let outcome: unknown = "none";
      for (let n = 1; outcome !== undefined; n++) {
        const id = `try-${n}`;
        const script: FaultScript = ({ number }) =>
          number === n
            ? { kind: "error", when, error: { code: "unexpected", retry: "never" } }
            : undefined;
        const warnings: string[] = [];
        const store = await faulty(script, {
          onWarning: ({ code }: { code: string }) => warnings.push(code),
        });
        outcome = await store.save({ step: 2, id, shards, tags: [`t${n}`] }).then(
          () => undefined,
          (error: unknown) => error,
        );
        const at = `failure ${when} call ${n}: ${String(outcome)}`;
        const latest = await clean.loadLatest();
        const names = new Set([`ckpt-1-old`, `ckpt-2-${id}`]);
        expect(names.has(String(latest)), at).toBe(true);
        await latest!.readShards();
        if (outcome === undefined) {
          expect(String(latest), at).toBe(`ckpt-2-${id}`);
        } else {
          expect(isLodeError(outcome), at).toBe(true);
          const { committed, leftovers = [] } = (outcome as LodeError).details;
          const there = await clean.store.exists(`manifests/ckpt-2-${id}.json`);
          expect(there, at).toBe(committed === true);
          if (committed !== true) {
            const left = (await keysOf(clean.store)).filter((key) => !before.includes(key));
            const told = [...(leftovers as string[])];
            const unclaimed = left.filter((key) => !key.startsWith("pending/"));
            expect(unclaimed.sort(), at).toEqual(unclaimed.length === 0 ? [] : told.sort());
            expect(left.length - unclaimed.length <= warnings.length || when === "after", at).toBe(
              true,
            );
          }
        }
        expect(await uploadsOf(clean.store), at).toEqual([]);
        for (const key of await keysOf(clean.store)) {
          if (!before.includes(key) || key === "latest.json") await clean.store.delete(key);
        }
        await clean.store.put(
          "latest.json",
          JSON.stringify({ manifest_key: "manifests/ckpt-1-old.json", global_step: 1, ts: "old" }),
        );
        expect(old.name.id).toBe("old");
      }
    },
  );

  it("gives the other shards up, and deletes those that were stored", async () => {
    const store = await faulty(({ operation, key }) =>
      operation === "put-part" && key.includes("rank-1")
        ? { kind: "error", when: "before", error: { code: "permission-denied", retry: "never" } }
        : undefined,
    );
    const failure = await failureOf(store.save({ step: 1, shards: [noise(5), ...shards] }));
    expect(failure.code).toBe("permission-denied");
    expect(failure.uri).toContain("rank-1.bin");
    expect(await keysOf(store.store)).toEqual([]);
    expect(await uploadsOf(store.store)).toEqual([]);
  });

  it("tells of objects that it could not delete", async () => {
    const store = await faulty(({ operation, key }) =>
      operation === "delete" || (operation === "put-part" && key.includes("rank-1"))
        ? { kind: "error", when: "before", error: { code: "permission-denied", retry: "never" } }
        : undefined,
    );
    const slow = (async function* () {
      yield new Uint8Array(10);
    })();
    const failure = await failureOf(store.save({ step: 1, id: "x", shards: [slow, shards[0]!] }));
    expect(failure.message).toMatch(/objects that it had written are left.*prune removes them/);
    expect(failure.details.leftovers).toContain("shards/ckpt-1-x/rank-1.bin");
  });

  it("does not delete shards where the answer to the commit was lost", async () => {
    const store = await faulty(({ operation, key }) =>
      key.startsWith("manifests/") && operation === "put"
        ? { kind: "error", when: "before" }
        : undefined,
    );
    const failure = await failureOf(store.save({ step: 1, id: "x", shards: [noise(5)] }));
    expect(failure.details.committed).toBe("unknown");
    expect(await keysOf(store.store, "shards/")).toEqual(["shards/ckpt-1-x/rank-0.bin"]);
  });

  it("succeeds where the manifest is there although its answer was lost", async () => {
    const store = await faulty(({ operation, key }) =>
      key.startsWith("manifests/") && operation === "put"
        ? { kind: "error", when: "after" }
        : undefined,
    );
    const saved = await store.save({ step: 1, shards: [noise(5)] });
    expect(String(await store.loadLatest())).toBe(String(saved));
  });

  it("says that a checkpoint is committed whose pointer could not be moved", async () => {
    const store = await faulty(({ operation, key }) =>
      key === "latest.json" && operation === "put"
        ? { kind: "error", when: "before", error: { code: "permission-denied", retry: "never" } }
        : undefined,
    );
    const failure = await failureOf(store.save({ step: 1, id: "x", shards: [noise(5)] }));
    expect(failure.code).toBe("permission-denied");
    expect(failure.details.committed).toBe(true);
    expect(failure.message).toMatch(/^ckpt-1-x is committed, but latest.json/);
    expect(String(await (await open()).loadLatest())).toBe("ckpt-1-x");
  });

  it.each(["shards", "commit"])("leaves nothing when it is aborted in phase %s", async (phase) => {
    const store = await open();
    const controller = new AbortController();
    const failure = await failureOf(
      store.save({
        step: 1,
        id: "x",
        shards,
        signal: controller.signal,
        onProgress: (event) => {
          if (event.phase === phase) controller.abort();
        },
      }),
    );
    expect(failure.code).toBe("aborted");
    expect(await keysOf(store.store)).toEqual([]);
    expect(await uploadsOf(store.store)).toEqual([]);
  });

  it("passes on what a stream throws, and cleans up", async () => {
    const store = await open();
    const stream = (async function* () {
      yield noise(2 * BLOCK);
      throw new TypeError("the model has no weights");
    })();
    const failure = await failureOf(store.save({ step: 1, shards: [shards[0]!, stream] }));
    expect(failure.message).toContain("the model has no weights");
    expect(await keysOf(store.store)).toEqual([]);
  });
});

describe("two that save under one name", () => {
  it("one wins, the other is told and takes nothing away", async () => {
    for (let round = 0; round < 20; round++) {
      const id = `round-${round}`;
      const both = await Promise.allSettled(
        [1, 2].map(async (seed) => {
          const store = await open(seed === 1 ? {} : { compressionLevel: 1 });
          const bytes = seed === 1 ? noise(3 * BLOCK) : new Uint8Array(3 * BLOCK);
          return store.save({ step: 1, id, shards: [bytes, bytes], framework: `job-${seed}` });
        }),
      );
      const won = both.filter((one) => one.status === "fulfilled");
      const lost = both.filter((one) => one.status === "rejected");
      expect(won.length).toBe(1);
      expect(lost.map(({ reason }) => reason.code)).toEqual(["already-exists"]);
      const loaded = await (await open()).load(`ckpt-1-${id}`);
      expect(loaded.manifest.framework).toBe(won[0]!.value.manifest.framework);
      await loaded.readShards();
      expect((await keysOf((await open()).store, `shards/ckpt-1-${id}/`)).length).toBe(2);
    }
  });

  it("a name that is saved is refused later too", async () => {
    const store = await open();
    await store.save({ step: 1, id: "x", shards: [noise(5)] });
    const failure = await failureOf(store.save({ step: 1, id: "x", shards: [noise(6)] }));
    expect(failure.code).toBe("already-exists");
    expect(failure.message).toMatch(/ckpt-1-x has been saved; give each attempt an id of its own/);
    const loaded = await store.load("ckpt-1-x");
    expect((await loaded.readShard(0)).length).toBe(5);
    expect(await keysOf(store.store, "pending/")).toEqual([]);
  });

  it("latest.json points to the later one, whoever moves it last", async () => {
    const store = await open();
    const saved = await Promise.all(
      Array.from({ length: 8 }, async (_, step) =>
        (await open()).save({ step, shards: [noise(5)] }),
      ),
    );
    const newest = saved
      .map(({ manifest, name }) => ({ time: manifest.wallTime, step: name.step }))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.step - b.step))
      .at(-1);
    expect((await store.loadLatest())?.step).toBe(newest?.step);
  });
});
