import { describe, expect, it } from "vitest";
import { loadResharded } from "../../../src/checkpoints/tensors/index.js";
import { type RecordedReader, recordedReader, shardsOf } from "./partitions.js";

describe("loadResharded refuses", () => {
  const row = (offset: number, rows = 1) => ({
    data: new Float32Array(rows * 2),
    shape: [rows, 2],
    globalShape: [4, 2],
    offset: [offset, 0],
  });
  const load = (shards: RecordedReader[], options = {}) =>
    loadResharded({ shards, rank: 0, worldSize: 1, ...options });

  it("a part that no shard has, and says which", async () => {
    const readers = shardsOf({ w: row(0) }, { w: row(1) }, { w: row(3) });
    await expect(load(readers)).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining('part [2:3, 0:2] of tensor "w"'),
    });
    // The other rank does not need it.
    expect((await load(readers, { worldSize: 2 })).get("w")?.shape).toEqual([2, 2]);
  });

  it("shards that contradict each other", async () => {
    const double = { ...row(1), data: new Float64Array(2) };
    const wider = { data: new Float32Array(3), shape: [1, 3], globalShape: [4, 3], offset: [1, 0] };
    for (const other of [double, wider, new Float32Array(8)]) {
      await expect(load(shardsOf({ w: row(0, 4) }, { w: other }))).rejects.toMatchObject({
        code: "corrupt-format",
        message: expect.stringMatching(/"w".* rank 0 .* rank 1/),
      });
    }
  });

  it("a damaged shard, and names its rank", async () => {
    const readers = [...shardsOf({ w: row(0) }), recordedReader([new Uint8Array(100).fill(1)])];
    await expect(load(readers)).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining("rank 1"),
    });
  });

  it("names, ranks, axes, boxes and limits that cannot be", async () => {
    const grid = { data: new Float32Array(2), shape: [2, 1], globalShape: [4, 2], offset: [0, 0] };
    const readers = shardsOf({ w: row(0, 4), b: row(0, 2), grid });
    await expect(load(readers, { names: ["w", "x"] })).rejects.toMatchObject({ code: "not-found" });
    const wrong = [
      { rank: 1 },
      { rank: -1 },
      { worldSize: 0 },
      { worldSize: 1.5 },
      { axis: 2 },
      { axis: -1 },
      { names: ["grid"] },
      { boxes: () => ({ offset: [0, 0], shape: [5, 2] }) },
      { boxes: () => ({ offset: [0], shape: [4] }) },
      { gapBytes: -1 },
      { gapBytes: Number.NaN },
      { readBytes: 0 },
      { concurrency: 0 },
    ];
    for (const options of wrong) {
      await expect(load(readers, { names: ["w"], ...options })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });

  it("to go on after a failure or a signal", async () => {
    const [reader] = shardsOf({ a: new Uint8Array(1000) });
    let reads = 0;
    const failing = {
      size: reader!.size,
      read: async (start: number, end: number) => {
        if (start > 0 && ++reads === 3) throw new Error("no more");
        return reader!.read(start, end);
      },
    };
    const options = { shards: [failing], rank: 0, worldSize: 1, readBytes: 10, concurrency: 2 };
    await expect(loadResharded(options)).rejects.toThrow("no more");
    expect(reads).toBeLessThanOrEqual(4);

    const controller = new AbortController();
    const stopping = {
      size: reader!.size,
      read: async (start: number, end: number) => {
        if (start > 0) controller.abort();
        return reader!.read(start, end);
      },
    };
    await expect(
      loadResharded({ ...options, shards: [stopping], signal: controller.signal }),
    ).rejects.toMatchObject({ code: "aborted" });
  });
});
