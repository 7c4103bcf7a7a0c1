import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import type { ItemSource } from "../../../src/loader/pipeline/index.js";
import { type StreamSourceOptions, streamSource } from "../../../src/loader/streams/index.js";
import { MemoryStream } from "./memory-stream.js";

const live = new AbortController().signal;

/** All that is left of a source, or `count` items. */
async function take(source: ItemSource<string>, count = Number.POSITIVE_INFINITY) {
  const values: string[] = [];
  while (values.length < count) {
    const task = await source.next(live);
    if (task === undefined) break;
    values.push(await task.run(live));
  }
  return values;
}

async function epochOf(stream: MemoryStream, options: StreamSourceOptions): Promise<string[]> {
  const source = streamSource(stream, options);
  const values = await take(source);
  await source.close();
  return values;
}

const lengths = fc.array(fc.nat(12), { maxLength: 7 });
const sourceOptions = fc.record({
  shuffle: fc.boolean(),
  seed: fc.nat(),
  epoch: fc.nat(5),
  shuffleBuffer: fc.integer({ min: 1, max: 20 }),
  shuffleBufferBytes: fc.integer({ min: 1, max: 300 }),
  openShards: fc.integer({ min: 1, max: 4 }),
  readAheadBytes: fc.constantFrom(1, 200, 10_000),
});

describe("streamSource", () => {
  it("gives each item exactly once over all ranks", async () => {
    await fc.assert(
      fc.asyncProperty(
        lengths,
        sourceOptions,
        fc.integer({ min: 1, max: 9 }),
        async (shards, options, shardWorldSize) => {
          const stream = new MemoryStream(shards);
          const ranks = Array.from({ length: shardWorldSize }, (_, shardRank) =>
            epochOf(stream, { ...options, shardRank, shardWorldSize }),
          );
          expect((await Promise.all(ranks)).flat().sort()).toEqual(stream.all.sort());
          expect(stream.openings.every(({ ended }) => ended)).toBe(true);
        },
      ),
    );
  });

  it("gives the same sequence whatever the timing", async () => {
    await fc.assert(
      fc.asyncProperty(lengths, sourceOptions, fc.nat(), async (shards, options, salt) => {
        const waits = (shard: number, ordinal: number) => ((shard * 31 + ordinal) * salt) % 3 === 0;
        const slow = await epochOf(new MemoryStream(shards, { waits }), options);
        const fast = await epochOf(new MemoryStream(shards), { ...options, readAheadBytes: 500 });
        expect(slow).toEqual(fast);
      }),
    );
  });

  it("goes on from any position with the same items", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
        sourceOptions,
        fc.record({
          shardWorldSize: fc.integer({ min: 1, max: 7 }),
          ahead: fc.nat(8),
          at: fc.nat(30),
        }),
        async (shards, given, { shardWorldSize, ahead, at }) => {
          const options = { ...given, shardRank: shardWorldSize - 1, shardWorldSize };
          const whole = await epochOf(new MemoryStream(shards), options);
          const position = Math.min(at, whole.length);
          const first = streamSource(new MemoryStream(shards), options);
          await take(first, position + ahead);
          const state = JSON.parse(JSON.stringify(first.stateAt(position)));
          await first.close();

          const second = streamSource(new MemoryStream(shards), { ...options, state });
          expect(second.stateAt(position)).toEqual(state);
          const task = await second.next(live);
          expect(task?.position).toBe(position < whole.length ? position : undefined);
          const rest = task === undefined ? [] : [await task.run(live), ...(await take(second))];
          expect(rest).toEqual(whole.slice(position));
          await second.close();
        },
      ),
    );
  });

  it("goes on again and again, as a job that is stopped often", async () => {
    const options = { shuffle: true, seed: 3, shuffleBuffer: 20, openShards: 3 };
    const shards = [40, 0, 25, 1, 33];
    const whole = await epochOf(new MemoryStream(shards), options);
    const values: string[] = [];
    let state: unknown;
    do {
      const source = streamSource(new MemoryStream(shards), { ...options, state });
      values.push(...(await take(source, 7)));
      state = source.stateAt(values.length);
      await source.close();
    } while (values.length < whole.length);
    expect(values).toEqual(whole);
  });

  it("reads again only what the buffer held, each shard once", async () => {
    const options = { shuffle: true, seed: 1, shuffleBuffer: 10, openShards: 2, readAheadBytes: 1 };
    const shards = [1000, 1000, 1000];
    const first = streamSource(new MemoryStream(shards), options);
    await take(first, 1500);
    const state = first.stateAt(1500);
    await first.close();
    const stream = new MemoryStream(shards);
    const second = streamSource(stream, { ...options, state });
    await take(second, 1);
    expect(new Set(stream.openings.map(({ shard }) => shard)).size).toBe(stream.openings.length);
    expect(stream.openings.reduce((sum, { read }) => sum + read, 0)).toBeLessThan(300);
    await second.close();
    expect(stream.openings.every(({ ended }) => ended)).toBe(true);
  });

  it("keeps the sequence of version 1", async () => {
    const options = { shuffle: true, seed: 7, epoch: 1, shuffleBuffer: 4, openShards: 2 };
    expect(await epochOf(new MemoryStream([4, 3, 5]), options)).toMatchInlineSnapshot(`
      [
        "1:0",
        "1:1",
        "0:0",
        "1:2",
        "0:3",
        "0:1",
        "2:0",
        "2:3",
        "2:2",
        "2:4",
        "2:1",
        "0:2",
      ]
    `);
  });

  it("has another order in another epoch, with another seed, and on another rank", async () => {
    const stream = new MemoryStream([50, 50]);
    const base = { shuffle: true, seed: 1, epoch: 0 };
    const first = await epochOf(stream, base);
    expect(await epochOf(stream, { ...base, epoch: 1 })).not.toEqual(first);
    expect(await epochOf(stream, { ...base, seed: 2 })).not.toEqual(first);
    expect(await epochOf(stream, { shuffle: false })).toEqual(stream.all);
  });

  it("mixes items of far places, from the first on", async () => {
    const stream = new MemoryStream(new Array(8).fill(500));
    const values = await epochOf(stream, { shuffle: true, seed: 5, shuffleBuffer: 1000 });
    const shards = values.map((value) => Number(value.split(":")[0]));
    for (let at = 0; at + 100 <= 2000; at += 100) {
      expect(new Set(shards.slice(at, at + 100)).size).toBeGreaterThanOrEqual(3);
    }
  });

  it("begins with a tenth of the buffer", async () => {
    const stream = new MemoryStream([1000]);
    const options = { shuffle: true, shuffleBuffer: 500, openShards: 1, readAheadBytes: 1 };
    const source = streamSource(stream, options);
    await source.next(live);
    expect(stream.openings[0]?.read).toBeLessThanOrEqual(52);
    await source.close();
  });

  it("balances ranks that share shards to an item for each shard", async () => {
    const stream = new MemoryStream([1, 1, 1]);
    const counts = await Promise.all(
      [0, 1, 2, 3].map(
        async (shardRank) => (await epochOf(stream, { shardRank, shardWorldSize: 4 })).length,
      ),
    );
    expect(counts).toEqual([1, 1, 1, 0]);
  });

  it("holds no more bytes than the buffer and the lanes may", async () => {
    const stream = new MemoryStream([100, 100], { itemBytes: 1000 });
    const options = {
      shuffle: true,
      shuffleBuffer: 100,
      shuffleBufferBytes: 8000,
      openShards: 2,
      readAheadBytes: 7800,
    };
    const source = streamSource(stream, options);
    for (let given = 1; given <= 150; given++) {
      await source.next(live);
      await new Promise((resolve) => setImmediate(resolve));
      const held = stream.openings.reduce((sum, { read }) => sum + read, 0) - given;
      // 8 in the buffer, 3 in each lane.
      expect(held).toBeLessThanOrEqual(14);
    }
    await source.close();
  });

  it("forgets what was handed out", async () => {
    const source = streamSource(new MemoryStream([20]), { shuffle: true });
    await take(source, 10);
    source.handedOut(6);
    expect(() => source.stateAt(5)).toThrow(/only at 6 to 10/);
    expect(() => source.stateAt(11)).toThrow(/only at 6 to 10/);
    const state = source.stateAt(8);
    expect(source.stateAt(8)).toEqual(state);
    await source.close();
  });

  it("ends loudly with a shard's failure, which names shard and item", async () => {
    const stream = new MemoryStream([5, 5], {
      onItem(shard, ordinal) {
        if (shard === 1 && ordinal === 3) throw new Error("the disk is gone");
      },
    });
    const source = streamSource(stream);
    expect(await take(source, 8)).toHaveLength(8);
    for (const _ of [1, 2]) {
      const error = await source.next(live).catch((failure: unknown) => failure);
      expect(isLodeError(error, "unexpected")).toBe(true);
      expect(String(error)).toContain("shard mem://data/shard-1.tar cannot be read on from item 3");
      expect(String(error)).toContain("the disk is gone");
    }
    await source.close();
  });

  it("refuses a shard that leaves items out", async () => {
    const stream = new MemoryStream([5]);
    const source = streamSource({
      kind: "stream",
      shards: stream.shards,
      async *open(shard) {
        for await (const item of stream.open(shard)) if (item.ordinal !== 2) yield item;
      },
    });
    await take(source, 2);
    await expect(source.next(live)).rejects.toThrow(/gave item 3 where item 2 was due/);
    await source.close();
  });

  it("tells that a shard has become shorter than a state says", async () => {
    const options = { shuffle: true, shuffleBuffer: 20 };
    const first = streamSource(new MemoryStream([30]), options);
    await take(first, 15);
    const state = first.stateAt(15);
    await first.close();
    const second = streamSource(new MemoryStream([4]), { ...options, state });
    const error = await second.next(live).catch((failure: unknown) => failure);
    expect(isLodeError(error, "integrity")).toBe(true);
    await second.close();
  });

  it("ends a wait by the signal and goes on with the next call", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const stream = new MemoryStream([3], {
      onItem: (_, ordinal) => (ordinal === 1 ? gate : undefined),
    });
    const source = streamSource(stream);
    expect(await take(source, 1)).toEqual(["0:0"]);
    const stop = new AbortController();
    const waiting = source.next(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    open();
    expect(await take(source)).toEqual(["0:1", "0:2"]);
    await source.close();
  });

  it("closes while a shard is stalled, and ends who waits", async () => {
    const stream = new MemoryStream([3, 3], { onItem: () => new Promise(() => {}) });
    const source = streamSource(stream, { openShards: 2 });
    const waiting = source.next(live);
    const outcome = expect(waiting).rejects.toMatchObject({ code: "aborted" });
    await new Promise((resolve) => setImmediate(resolve));
    await source.close();
    await outcome;
    expect(stream.openings.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  });

  it("refuses a state of another stream, and says what differs", async () => {
    const source = streamSource(new MemoryStream([5]), { shuffle: true, seed: 1 });
    const state = source.stateAt(0);
    const going =
      (options: StreamSourceOptions, lengthsOf = [5]) =>
      () =>
        streamSource(new MemoryStream(lengthsOf), { shuffle: true, seed: 1, state, ...options });
    expect(going({ seed: 2 })).toThrow(/seed 1, here it is 2/);
    expect(going({ shuffleBuffer: 7 })).toThrow(/1000, here it is 7/);
    expect(going({}, [5, 5])).toThrow(/number of shards 1, here it is 2/);
    expect(going({ state: { position: 3 } })).toThrow(/no state of a stream/);
    expect(going({ state: { ...(state as object), buffer: [{}] } })).toThrow(/buffer is damaged/);
    const far = [{ place: 1, ordinal: 0, offset: 0 }];
    expect(going({ state: { ...(state as object), buffer: far } })).toThrow(/buffer is damaged/);
    expect(going({ state: { ...(state as object), lanes: [] } })).toThrow(/not those of these/);
    await source.close();
  });

  it.each([
    [{ shardRank: 2, shardWorldSize: 2 }, /shardRank 2/],
    [{ shuffleBuffer: 0 }, /shuffleBuffer 0/],
    [{ openShards: 1.5 }, /openShards 1.5/],
    [{ seed: -1 }, /seed -1/],
  ])("refuses %j", (options, message) => {
    expect(() => streamSource(new MemoryStream([1]), options)).toThrow(message);
  });
});
