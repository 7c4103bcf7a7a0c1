import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/checkpoints/checkpoint-store.js";
import { isLodeError, type LodeError } from "../../src/errors.js";
import type { Layer } from "../../src/storage/backend.js";
import { fault } from "../../src/storage/layers/fault.js";
import { intercept } from "../../src/storage/layers/intercept.js";
import { noise } from "../storage/transfer/stores.js";
import { type CheckpointPlace, keysOf, memoryPlace } from "./places.js";

let place: CheckpointPlace;
let store: CheckpointStore;

beforeEach(async () => {
  place = await memoryPlace();
  store = await CheckpointStore.open(place.uri, { blockSize: 1000 });
});

afterEach(() => place.drop());

async function failureOf(call: Promise<unknown>): Promise<LodeError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isLodeError(error)) return error;
  throw new Error(`expected a LodeError, got ${String(error)}`);
}

const shards = [noise(2500, 1), noise(10, 2)];

describe("CheckpointStore options", () => {
  it.each([
    [{ compressionLevel: 0 }, /compressionLevel 0 .* from 1 to 22/],
    [{ compressionLevel: 23 }, /compressionLevel 23/],
    [{ compression: "none", compressionLevel: 3 }, /says nothing with compression "none"/],
    [{ concurrency: 0 }, /concurrency 0 must be a positive whole number/],
    [{ blockSize: 1.5 }, /blockSize 1.5/],
    [{ strategy: "hashed" as "flat" }, /strategy "hashed" is none of flat, round-robin, binary/],
  ] as const)("refuses %j", async (options, message) => {
    const failure = await failureOf(CheckpointStore.open(place.uri, options));
    expect(failure.code).toBe("invalid-argument");
    expect(failure.message).toMatch(message);
  });

  it("compresses where it is told to, by level or by word", async () => {
    const text = Buffer.alloc(5000, "weights ");
    for (const options of [{ compression: "zstd" }, { compressionLevel: 22 }] as const) {
      const compressed = await CheckpointStore.open(place.uri, options);
      const { manifest } = await compressed.save({ step: 1, shards: [text, noise(5000)] });
      expect(manifest.shards.map(({ key }) => key.endsWith(".zst"))).toEqual([true, false]);
      const latest = await store.loadLatest();
      expect(Buffer.from(await latest!.readShard(0)).equals(text)).toBe(true);
    }
  });
});

describe("load", () => {
  it("takes a name, a step for its newest, or the text of a name", async () => {
    await store.save({ step: 3, id: "b", shards });
    await new Promise((resolve) => setTimeout(resolve, 2));
    await store.save({ step: 3, id: "a", shards });
    await store.save({ step: 30, id: "c", shards });
    expect(String(await store.load(3))).toBe("ckpt-3-a");
    expect(String(await store.load("ckpt-3-b"))).toBe("ckpt-3-b");
    expect(String(await store.load({ step: 30, id: "c" }))).toBe("ckpt-30-c");
    expect((await store.load(30)).uri).toBe(`${place.uri}/manifests/ckpt-30-c.json`);
  });

  it("says what is missing and what is no name", async () => {
    await store.save({ step: 3, id: "a", shards });
    expect(await failureOf(store.load(4))).toMatchObject({ code: "not-found" });
    expect(await failureOf(store.load("ckpt-3-x"))).toMatchObject({ code: "not-found" });
    const failure = await failureOf(store.load("latest"));
    expect(failure.code).toBe("invalid-argument");
    expect(failure.message).toContain('"latest" is no name of a checkpoint');
  });
});

describe("loadLatest", () => {
  it("is undefined for an empty store, and only for that", async () => {
    expect(await store.loadLatest()).toBeUndefined();
    const denied = new CheckpointStore(
      await place.open(
        fault({
          script: () => ({
            kind: "error",
            when: "before",
            error: { code: "permission-denied", retry: "never" },
          }),
        }),
      ),
    );
    expect((await failureOf(denied.loadLatest())).code).toBe("permission-denied");
  });

  it("looks for the newest where the pointer or its manifest is missing", async () => {
    await store.save({ step: 1, id: "a", shards });
    await store.save({ step: 2, id: "b", shards });
    await store.store.delete("latest.json");
    expect(String(await store.loadLatest())).toBe("ckpt-2-b");
    await store.repair();
    await store.store.delete("manifests/ckpt-2-b.json");
    expect(String(await store.loadLatest())).toBe("ckpt-1-a");
  });

  it("is loud about a damaged pointer until it is repaired", async () => {
    await store.save({ step: 1, id: "a", shards });
    await store.store.put("latest.json", "{}");
    expect((await failureOf(store.loadLatest())).code).toBe("corrupt-format");
    expect(await store.repair()).toMatchObject({ problem: "damaged", name: { step: 1, id: "a" } });
    expect(String(await store.loadLatest())).toBe("ckpt-1-a");
  });
});

describe("a checkpoint", () => {
  it("is read by rank, in ranges, as a stream and as a whole", async () => {
    const checkpoint = await store.save({ step: 1, shards });
    expect(Buffer.from(await checkpoint.readShard(0)).equals(shards[0]!)).toBe(true);
    for (const [range, start, end] of [
      [{ start: 900, end: 1100 }, 900, 1100],
      [{ start: 2400 }, 2400, 2500],
      [{ start: 2400, end: 9999 }, 2400, 2500],
      [{ suffix: 7 }, 2493, 2500],
    ] as const) {
      const part = await checkpoint.readShard(0, { range });
      expect(Buffer.from(part).equals(shards[0]!.subarray(start, end)), `${start}`).toBe(true);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of checkpoint.streamShard(0)) chunks.push(Buffer.from(chunk));
    expect(Buffer.concat(chunks).equals(shards[0]!)).toBe(true);
    const all = await checkpoint.readShards();
    expect(all.map((bytes) => bytes.length)).toEqual([2500, 10]);
  });

  it("has no other ranks and no other ranges", async () => {
    const checkpoint = await store.save({ step: 1, id: "a", shards });
    expect(() => checkpoint.shard(2)).toThrow(/ckpt-1-a has no shard of rank 2; .* 2 ranks/);
    for (const range of [{ start: 2500 }, { start: 5, end: 5 }, { start: -1 }, { suffix: 0 }]) {
      const failure = await failureOf(checkpoint.readShard(0, { range }));
      expect(failure.code, JSON.stringify(range)).toBe("invalid-argument");
    }
  });

  it("stops reading all shards when one of them is damaged, or when it is told to", async () => {
    const many = Array.from({ length: 40 }, (_, rank) => noise(100, rank + 1));
    const checkpoint = await store.save({ step: 1, shards: many });
    await store.store.put(checkpoint.manifest.shards[7]!.key, noise(100, 99));
    const failure = await failureOf(checkpoint.readShards());
    expect(failure.code).toBe("integrity");
    expect(failure.message).toContain("rank-7.bin");
    const signal = AbortSignal.abort();
    expect((await failureOf(checkpoint.readShards({ signal }))).code).toBe("aborted");
  });

  it("holds tensors, loaded by name and cut for other ranks", async () => {
    const rows = (first: number) => Float32Array.from({ length: 12 }, (_, i) => first + i);
    const part = (rank: number) => ({
      data: rows(rank * 12),
      shape: [3, 4],
      globalShape: [6, 4],
      offset: [rank * 3, 0],
    });
    const checkpoint = await store.save({
      step: 1,
      shards: [
        { weight: part(0), bias: new Float64Array([1, 2]) },
        { weight: part(1), bias: new Float64Array([1, 2]) },
      ],
    });
    expect((await checkpoint.tensors(1)).names.sort()).toEqual(["bias", "weight"]);
    const loaded = await checkpoint.loadTensors(1, { names: ["weight"] });
    expect([...loaded.keys()]).toEqual(["weight"]);
    expect(loaded.get("weight")).toMatchObject({ shape: [3, 4], offset: [3, 0] });
    const thirds = await Promise.all(
      [0, 1, 2].map((rank) => checkpoint.reshard({ rank, worldSize: 3 })),
    );
    const joined = thirds.flatMap((tensors) => [...(tensors.get("weight")!.data as Float32Array)]);
    expect(joined).toEqual([...rows(0), ...rows(12)]);
    expect(thirds[2]!.get("bias")!.data).toEqual(new Float64Array([1, 2]));
    const whole = await checkpoint.reshard({ rank: 0, worldSize: 1, verify: false });
    expect(whole.get("weight")).toMatchObject({ shape: [6, 4] });
  });

  it("of one flat buffer is cut in bytes", async () => {
    const checkpoint = await store.save({ step: 1, shards: [noise(3000, 1), noise(1000, 2)] });
    const halves = await Promise.all(
      [0, 1].map((rank) => checkpoint.reshardBytes({ rank, worldSize: 2, elementSize: 4 })),
    );
    const expected = Buffer.concat([noise(3000, 1), noise(1000, 2)]);
    expect(Buffer.concat(halves).equals(expected)).toBe(true);
  });
});

describe("tags, deletion and retention", () => {
  it("go through the store", async () => {
    for (let step = 1; step <= 4; step++) {
      await store.save({ step, shards, metrics: { loss: step === 2 ? 0 : 9 } });
    }
    await store.tag("paper", 1);
    expect([...(await store.tags()).entries()].map(([tag, { step }]) => [tag, step])).toEqual([
      ["paper", 1],
    ]);
    expect((await failureOf(store.delete(1))).code).toBe("precondition-failed");
    const { removed } = await store.prune({ keepBest: { metric: "loss", mode: "min" } });
    expect(removed.length).toBe(1);
    expect((await store.list()).map(({ name }) => name.step)).toEqual([1, 2, 4]);
    expect(await store.untag("paper")).toBe(true);
    await store.delete(1);
    expect((await store.list()).map(({ name }) => name.step)).toEqual([2, 4]);
    expect((await store.verify(2)).damages).toEqual([]);
  });
});

describe("named shards", () => {
  it("are gone nowhere and mixed with no others", async () => {
    const names = ["a", "A", "a/b", "a%2Fb", ".", "..", "ü", "a b", "x".repeat(240)];
    for (const [index, name] of names.entries())
      await store.putShard(name, index, noise(10, index));
    for (const [index, name] of names.entries()) {
      const bytes = await store.getShard(name, index);
      expect(Buffer.from(bytes).equals(noise(10, index)), name).toBe(true);
    }
    expect((await keysOf(store.store)).length).toBe(2 * names.length);
    expect((await failureOf(store.getShard("a", 1))).code).toBe("not-found");
  });

  it.each([
    ["", 0],
    ["x".repeat(241), 0],
    ["\ud800", 0],
    ["a", -1],
    ["a", 0.5],
  ])("are refused under %j and rank %f", async (name, rank) => {
    const failure = await failureOf(store.putShard(name, rank, noise(1)));
    expect(failure.code).toBe("invalid-argument");
    expect(await keysOf(store.store)).toEqual([]);
  });

  it("are read anew if they are replaced meanwhile", async () => {
    await store.putShard("model", 0, noise(10, 1));
    let replaced = false;
    const replacing: Layer = (inner) =>
      intercept(inner, async ({ key }, run) => {
        if (key.endsWith(".bin") && !replaced) {
          replaced = true;
          await store.putShard("model", 0, noise(20, 2));
        }
        return run();
      });
    const reader = new CheckpointStore(await place.open(replacing));
    expect(Buffer.from(await reader.getShard("model", 0)).equals(noise(20, 2))).toBe(true);
    expect(replaced).toBe(true);
  });

  it("that lost their data are told as damaged", async () => {
    await store.putShard("model", 0, noise(10));
    const data = (await keysOf(store.store)).find((key) => key.endsWith(".bin"));
    await store.store.delete(data!);
    expect((await failureOf(store.getShard("model", 0))).code).toBe("integrity");
  });
});
