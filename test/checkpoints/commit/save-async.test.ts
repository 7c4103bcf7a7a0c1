import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../../src/checkpoints/checkpoint-store.js";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import { type FaultScript, fault } from "../../../src/storage/layers/fault.js";
import { noise } from "../../storage/transfer/stores.js";
import { type CheckpointPlace, keysOf, memoryPlace } from "../places.js";

const BLOCK = 64 * 1024;

let place: CheckpointPlace;

beforeEach(async () => {
  place = await memoryPlace();
});

afterEach(() => place.drop());

async function open(script: FaultScript = () => undefined): Promise<CheckpointStore> {
  return new CheckpointStore(await place.open(fault({ script })), { blockSize: BLOCK });
}

/** Every put of a shard fails while the switch is on. */
function switchedFault(): { script: FaultScript; on: boolean } {
  const state: { script: FaultScript; on: boolean } = {
    on: true,
    script: ({ operation, key }) =>
      state.on && operation === "put" && key.startsWith("shards/")
        ? { kind: "error", when: "before", error: { code: "permission-denied", retry: "never" } }
        : undefined,
  };
  return state;
}

async function failureOf(call: Promise<unknown>): Promise<LodeError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isLodeError(error)) return error;
  throw new Error(`expected a LodeError, got ${String(error)}`);
}

describe("saveAsync", () => {
  it("saves the bytes as they were at the snapshot, whatever becomes of them", async () => {
    const store = await open();
    const pieces = [noise(3 * BLOCK + 1, 1), noise(10, 2), new Uint8Array(0), noise(BLOCK, 3)];
    const one = noise(5 * BLOCK, 4);
    const expected = [Buffer.from(one), Buffer.concat(pieces)];
    const { snapshotDone, done } = store.saveAsync({ step: 1, shards: [one, pieces] });
    await snapshotDone;
    for (const bytes of [one, ...pieces]) bytes.fill(7);
    const saved = await done;
    for (const [rank, bytes] of (await saved.readShards()).entries()) {
      expect(Buffer.from(bytes).equals(expected[rank]!), `rank ${rank}`).toBe(true);
    }
  });

  it("copies shards that are larger than a piece of its memory, and uses that again", async () => {
    const store = new CheckpointStore(await place.open());
    const large = Buffer.alloc((64 << 20) + 12_345, noise(65_537));
    const small = noise(100, 2);
    for (let step = 1; step <= 2; step++) {
      const { snapshotDone, done } = store.saveAsync({ step, shards: [small, large] });
      await snapshotDone;
      const saved = await done;
      expect(Buffer.from(await saved.readShard(0)).equals(small)).toBe(true);
      expect(Buffer.from(await saved.readShard(1)).equals(large)).toBe(true);
    }
    await store.close();
  });

  it("has not stored anything yet when the caller may go on", async () => {
    const calls: string[] = [];
    const store = await open(({ operation }) => {
      calls.push(operation);
      return undefined;
    });
    for (const snapshot of ["copy", "transfer"] as const) {
      const { snapshotDone, done } = store.saveAsync({ step: 1, snapshot, shards: [noise(10)] });
      await snapshotDone;
      expect(calls.splice(0)).toEqual([]);
      await done;
      expect(calls.splice(0)).not.toEqual([]);
    }
  });

  it("takes streams where nothing has to be copied", async () => {
    const stream = () =>
      (async function* () {
        yield noise(BLOCK);
      })();
    const store = await open();
    const copied = store.saveAsync({ step: 1, shards: [stream()] });
    const failure = await failureOf(copied.snapshotDone);
    expect(failure.code).toBe("invalid-argument");
    expect(failure.message).toMatch(/rank 0 is a stream.*"transfer"/);
    expect((await failureOf(copied.done)).message).toBe(failure.message);
    const { done } = store.saveAsync({ step: 1, snapshot: "transfer", shards: [stream()] });
    expect((await (await done).readShard(0)).length).toBe(BLOCK);
  });

  it("goes one at a time: the next snapshot waits", async () => {
    const ended: string[] = [];
    const store = await open(({ operation }) =>
      operation === "put" ? { kind: "delay", ms: 5 } : undefined,
    );
    const saves = [1, 2, 3].map((step) => {
      const save = store.saveAsync({ step, shards: [noise(10)] });
      void save.snapshotDone.then(() => ended.push(`snapshot ${step}`));
      void save.done.then(() => ended.push(`done ${step}`));
      return save.done;
    });
    const last = store.save({ step: 4, shards: [noise(10)] }).then(() => ended.push("done 4"));
    await Promise.all([...saves, last]);
    expect(ended).toEqual([
      ...[1, 2, 3].flatMap((step) => [`snapshot ${step}`, `done ${step}`]),
      "done 4",
    ]);
    expect((await store.loadLatest())?.step).toBe(4);
  });

  it("can be cancelled while it waits and while it saves", async () => {
    const store = await open(({ operation, key }) =>
      operation === "put" && key.startsWith("shards/") ? { kind: "delay", ms: 10_000 } : undefined,
    );
    const controllers = [new AbortController(), new AbortController()];
    const saves = controllers.map(({ signal }, step) =>
      store.saveAsync({ step, shards: [noise(10)], signal }),
    );
    await saves[0]!.snapshotDone;
    controllers[1]!.abort();
    expect((await failureOf(saves[1]!.snapshotDone)).code).toBe("aborted");
    controllers[0]!.abort();
    expect((await failureOf(saves[0]!.done)).code).toBe("aborted");
    await store.close();
    expect(await keysOf((await open()).store)).toEqual([]);
  });

  it("checks what it is given at once", async () => {
    const store = await open();
    expect(() => store.saveAsync({ step: -1, shards: [noise(1)] })).toThrow(/-1 is no step/);
  });
});

describe("a failure in the background", () => {
  it("is thrown by done, and then by nothing else", async () => {
    const state = switchedFault();
    const store = await open(state.script);
    const { done } = store.saveAsync({ step: 1, shards: [noise(10)] });
    expect((await failureOf(done)).code).toBe("permission-denied");
    state.on = false;
    await store.save({ step: 2, shards: [noise(10)] });
    await store.close();
  });

  it.each(["save", "saveAsync", "close"] as const)(
    "that nobody saw is thrown by %s",
    async (next) => {
      const state = switchedFault();
      const store = await open(state.script);
      await store.saveAsync({ step: 1, id: "lost", shards: [noise(10)] }).snapshotDone;
      const options = { step: 2, shards: [noise(10)] };
      const failure = await failureOf(
        next === "save"
          ? store.save(options)
          : next === "saveAsync"
            ? store.saveAsync(options).snapshotDone
            : store.close(),
      );
      expect(failure.code).toBe("permission-denied");
      expect(failure.message).toMatch(/^an earlier save in the background failed: .*ckpt-1-lost/);
      state.on = false;
      if (next !== "close") await store.save(options);
    },
  );

  it("of several is not lost either", async () => {
    const state = switchedFault();
    const store = await open(state.script);
    for (const step of [1, 2]) {
      await store
        .saveAsync({ step, id: "lost", shards: [noise(10)] })
        .snapshotDone.catch(() => undefined);
      await sleep(20);
    }
    state.on = false;
    await store.save({ step: 3, shards: [noise(10)] });
    await store.close();
  });

  it("ends no process: nothing rejects unhandled", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const store = await open(switchedFault().script);
    await store.saveAsync({ step: 1, shards: [noise(10)] }).snapshotDone;
    await sleep(30);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    await failureOf(store.close());
  });
});

describe("saveRankAsync", () => {
  it("saves each rank's bytes as they were, and commits when the last is there", async () => {
    const ranks = await Promise.all([0, 1, 2].map(() => open()));
    const shards = ranks.map((_, rank) => noise(2 * BLOCK + rank, rank));
    const expected = shards.map((shard) => Buffer.from(shard));
    const saves = ranks.map((store, rank) =>
      store.saveRankAsync({
        step: 5,
        rank,
        worldSize: 3,
        id: "one",
        shard: shards[rank]!,
        metrics: { loss: 0.5 },
      }),
    );
    await Promise.all(saves.map(({ snapshotDone }) => snapshotDone));
    for (const shard of shards) shard.fill(7);
    const [saved] = await Promise.all(saves.map(({ done }) => done));
    expect(saved?.manifest).toMatchObject({ worldSize: 3, metrics: { loss: 0.5 } });
    const read = await saved!.readShards();
    expect(read.map((bytes, rank) => expected[rank]!.equals(bytes))).toEqual([true, true, true]);
  });

  it("tells with `done` which rank did not come", async () => {
    const store = await open();
    const { snapshotDone, done } = store.saveRankAsync({
      step: 5,
      rank: 0,
      worldSize: 2,
      id: "alone",
      shard: noise(10),
      timeoutMs: 20,
    });
    await snapshotDone;
    expect(await failureOf(done)).toMatchObject({ code: "timeout", details: { missing: [1] } });
    expect(await store.loadLatest()).toBeUndefined();
  });
});
