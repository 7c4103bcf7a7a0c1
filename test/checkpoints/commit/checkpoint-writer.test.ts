import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../../src/checkpoints/checkpoint-store.js";
import type { RankOptions, SaveProgress } from "../../../src/checkpoints/commit/index.js";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import { type FaultScript, fault } from "../../../src/storage/layers/fault.js";
import { noise } from "../../storage/transfer/stores.js";
import { type CheckpointPlace, keysOf, memoryPlace, uploadsOf } from "../places.js";

const BLOCK = 64 * 1024;
const WORLD = 4;

let place: CheckpointPlace;

beforeEach(async () => {
  place = await memoryPlace();
});

afterEach(() => place.drop());

async function open(script: FaultScript = () => undefined): Promise<CheckpointStore> {
  return new CheckpointStore(await place.open(fault({ script })), { blockSize: BLOCK });
}

const FACTS = { step: 3, epoch: 1, framework: "torch", worldSize: WORLD, id: "try-1" };

/** A rank in a process of its own, as far as the library can tell. */
async function rankWriter(rank: number, more: Partial<RankOptions> = {}, script?: FaultScript) {
  return (await open(script)).writer({ ...FACTS, rank, ...more });
}

const bytesOf = (rank: number) => noise(rank * 100_000, rank + 1);

async function failureOf(call: Promise<unknown>): Promise<LodeError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isLodeError(error)) return error;
  throw new Error(`expected a LodeError, got ${String(error)}`);
}

/** All ranks store their shards; then each finalizes. */
async function saveTogether(ranks = [...Array(WORLD).keys()]) {
  return Promise.all(
    ranks.map(async (rank) => {
      const writer = await rankWriter(rank);
      await writer.putShard(bytesOf(rank));
      return writer.finalize();
    }),
  );
}

describe("ranks that save together", () => {
  it("get the same checkpoint, with the shards of all, and leave no records", async () => {
    const checkpoints = await saveTogether();
    for (const { manifest } of checkpoints) expect(manifest).toEqual(checkpoints[0]!.manifest);
    const store = await open();
    const loaded = await store.loadLatest();
    expect(loaded?.manifest).toEqual(checkpoints[0]!.manifest);
    for (let rank = 0; rank < WORLD; rank++) {
      const bytes = await loaded!.readShard(rank);
      expect(Buffer.from(bytes).equals(bytesOf(rank)), `rank ${rank}`).toBe(true);
    }
    expect(await keysOf(store.store)).toEqual([
      "latest.json",
      "manifests/ckpt-3-try-1.json",
      ...[0, 1, 2, 3].map((rank) => `shards/ckpt-3-try-1/rank-${rank}.bin`),
    ]);
  });

  it("write in chunks of any size; what a rank gives is copied", async () => {
    const writer = (await open()).writer({ ...FACTS, worldSize: 1, rank: 0 });
    const expected = noise(5 * BLOCK + 17);
    const chunk = new Uint8Array(BLOCK + 5);
    for (let at = 0; at < expected.length; at += chunk.length) {
      const part = expected.subarray(at, at + chunk.length);
      chunk.set(part);
      await writer.write(chunk.subarray(0, part.length));
      chunk.fill(0);
    }
    const checkpoint = await writer.finalize();
    expect(Buffer.from(await checkpoint.readShard(0)).equals(expected)).toBe(true);
  });

  it("take userMeta, metrics and tags from rank 0", async () => {
    const first = await rankWriter(0, { worldSize: 2 });
    const second = await rankWriter(1, { worldSize: 2 });
    await Promise.all([first.putShard(bytesOf(0)), second.putShard(bytesOf(1))]);
    const [a] = await Promise.all([
      first.finalize({ userMeta: { seed: 1 }, metrics: { loss: 2 }, tags: ["best"] }),
      second.finalize(),
    ]);
    expect(a.manifest).toMatchObject({ userMeta: { seed: 1 }, metrics: { loss: 2 } });
    expect(await keysOf((await open()).store, "tags/")).toEqual(["tags/best.json"]);
  });

  it("tell rank 0 of the ranks that are ready", async () => {
    const events: SaveProgress[] = [];
    const first = await rankWriter(0, { onProgress: (event) => events.push(event) });
    await first.putShard(bytesOf(0));
    const finalizing = first.finalize();
    await saveTogether([1, 2, 3]);
    await finalizing;
    const ranks = events.filter(({ phase }) => phase === "ranks");
    expect(ranks.at(-1)).toMatchObject({ bytes: WORLD, totalBytes: WORLD });
  });

  it("name those that are missing when the time is over, and can go on", async () => {
    const first = await rankWriter(0);
    await first.putShard(bytesOf(0));
    const second = await rankWriter(2);
    await second.putShard(bytesOf(2));
    const [failure, other] = await Promise.all([
      failureOf(first.finalize({ timeoutMs: 50 })),
      failureOf(second.finalize({ timeoutMs: 50 })),
    ]);
    expect(failure.code).toBe("timeout");
    expect(failure.message).toMatch(/^2 of 4 ranks of ckpt-3-try-1 .* 0.05 s: rank 1, 3; /);
    expect(failure.details.missing).toEqual([1, 3]);
    expect(other.code).toBe("timeout");
    expect(other.message).toMatch(/^rank 0 has not committed ckpt-3-try-1 within 0.05 s/);
    expect(await (await open()).loadLatest()).toBeUndefined();
    const [a, b] = await Promise.all([first.finalize(), second.finalize(), saveTogether([1, 3])]);
    expect(a.manifest).toEqual(b.manifest);
  });

  it.each(["rank 0", "another rank"])("stop waiting when %s is cancelled", async (who) => {
    const writer = await rankWriter(who === "rank 0" ? 0 : 1);
    await writer.putShard(bytesOf(1));
    const controller = new AbortController();
    const finalizing = failureOf(writer.finalize({ signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect((await finalizing).code).toBe("aborted");
  });

  it.each([
    ["worldSize", { worldSize: 5 }],
    ["epoch", { epoch: 2 }],
    ["framework", { framework: "jax" }],
  ])("are refused where they contradict each other about %s", async (field, other) => {
    const first = await rankWriter(0);
    await first.putShard(bytesOf(0));
    const second = await rankWriter(2, other);
    await second.putShard(bytesOf(2));
    const failures = await Promise.all([
      failureOf(first.finalize({ timeoutMs: 5000 })),
      failureOf(second.finalize({ timeoutMs: 50 })),
    ]);
    expect(failures[0].code).toBe("invalid-argument");
    expect(failures[0].message).toMatch(
      new RegExp(
        `ranks of ckpt-3-try-1 contradict each other: rank 2 says ${field} .* rank 0 says`,
      ),
    );
    expect(failures[0].details.rank).toBe(2);
  });

  it("do not take a rank beyond the world", async () => {
    const failure = await failureOf(rankWriter(4));
    expect(failure.code).toBe("invalid-argument");
    expect(failure.message).toContain("rank 4 is none of a world of 4");
  });

  it.each(["before", "after"] as const)(
    "commit although each call of rank 0 fails %s its effect, when it is told again",
    async (when) => {
      for (let n = 1, failed = true; failed; n++) {
        const id = `${when}-${n}`;
        const crashed = await rankWriter(0, { id });
        await crashed.putShard(bytesOf(0));
        await failureOf(crashed.finalize({ timeoutMs: 0 }));
        const others = [1, 2, 3].map(async (rank) => {
          const writer = await rankWriter(rank, { id });
          await writer.putShard(bytesOf(rank));
          return writer.finalize();
        });
        const announced = await rankWriter(0, { id }, ({ number }) =>
          number === n
            ? { kind: "error", when, error: { code: "unexpected", retry: "never" } }
            : undefined,
        );
        failed = await announced.finalize().then(
          () => false,
          () => true,
        );
        const again = await (await rankWriter(0, { id })).finalize();
        for (const other of await Promise.all(others)) {
          expect(other.manifest, `call ${n}`).toEqual(again.manifest);
        }
        await again.readShards();
        expect(await keysOf((await open()).store, "pending/"), `call ${n}`).toEqual([]);
      }
    },
  );
});

describe("a rank that finalizes", () => {
  it("twice gets the same checkpoint, also at once", async () => {
    const writer = await rankWriter(0, { worldSize: 1 });
    await writer.putShard(bytesOf(1));
    const [a, b] = await Promise.all([writer.finalize(), writer.finalize()]);
    expect(a).toBe(b);
    expect(await writer.finalize()).toBe(a);
  });

  it.each([0, 1])("as rank %i in a new process gets what was committed", async (rank) => {
    const [saved] = await saveTogether();
    const again = await (await rankWriter(rank)).finalize();
    expect(again.manifest).toEqual(saved!.manifest);
    expect(await keysOf((await open()).store, "pending/")).toEqual([]);
  });

  it("in a new process takes up what it had announced before", async () => {
    const writer = await rankWriter(0);
    await writer.putShard(bytesOf(0));
    await failureOf(writer.finalize({ timeoutMs: 0 }));
    const others = saveTogether([1, 2, 3]);
    const saved = await (await rankWriter(0)).finalize();
    expect((await others)[0]!.manifest).toEqual(saved.manifest);
  });

  it("without a shard is refused", async () => {
    const failure = await failureOf((await rankWriter(1)).finalize());
    expect(failure.code).toBe("invalid-argument");
    expect(failure.message).toMatch(/^rank 1 of ckpt-3-try-1 has stored no shard/);
  });

  it("into what was committed without it is told", async () => {
    const writer = await rankWriter(0, { worldSize: 1 });
    await writer.putShard(bytesOf(0));
    await writer.finalize();
    const late = await rankWriter(1, { worldSize: 2 });
    await late.putShard(bytesOf(1));
    const failure = await failureOf(late.finalize());
    expect(failure.code).toBe("already-exists");
    expect(failure.message).toContain("was committed without this shard of rank 1");
  });
});

describe("a rank's shard", () => {
  it("is not replaced by another attempt of the same id", async () => {
    await (await rankWriter(1)).putShard(bytesOf(1));
    const again = await rankWriter(1);
    expect((await failureOf(again.putShard(bytesOf(2)))).code).toBe("already-exists");
    const streaming = await rankWriter(1);
    await streaming.write(bytesOf(2)).catch(() => undefined);
    expect((await failureOf(streaming.finalize())).code).toBe("already-exists");
    const store = (await open()).store;
    const stored = await store.bytes("shards/ckpt-3-try-1/rank-1.bin");
    expect(Buffer.from(stored).equals(bytesOf(1))).toBe(true);
    expect(await uploadsOf(store)).toEqual([]);
  });

  it("is one: it cannot be written twice or in two ways", async () => {
    const writer = await rankWriter(1);
    await writer.write(bytesOf(1));
    expect((await failureOf(writer.putShard(bytesOf(1)))).code).toBe("invalid-argument");
    await writer.abort();
    const other = await rankWriter(1);
    await other.putShard(bytesOf(1));
    expect((await failureOf(other.write(bytesOf(1)))).code).toBe("invalid-argument");
    expect((await failureOf(other.putShard(bytesOf(1)))).code).toBe("invalid-argument");
  });

  it("can be put again after a failure", async () => {
    let fails = true;
    const writer = await rankWriter(1, {}, ({ operation }) =>
      operation === "put-part" && fails
        ? { kind: "error", when: "before", error: { retry: "never" } }
        : undefined,
    );
    await failureOf(writer.putShard(bytesOf(3)));
    expect(await keysOf((await open()).store)).toEqual([]);
    fails = false;
    await writer.putShard(bytesOf(3));
  });

  it.each(["write", "putShard"] as const)("is gone after abort: %s", async (how) => {
    const writer = await rankWriter(1);
    await writer[how](bytesOf(3));
    await writer.abort();
    const { store } = await open();
    expect(await keysOf(store)).toEqual([]);
    expect(await uploadsOf(store)).toEqual([]);
  });

  it("stays after abort once it was announced: rank 0 may commit it", async () => {
    const writer = await rankWriter(1);
    await writer.putShard(bytesOf(1));
    await failureOf(writer.finalize({ timeoutMs: 0 }));
    await writer.abort();
    await saveTogether([0, 2, 3]);
    expect((await (await open()).loadLatest())?.manifest.worldSize).toBe(WORLD);
  });
});
