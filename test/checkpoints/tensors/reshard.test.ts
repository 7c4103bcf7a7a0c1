import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunkBox,
  type LoadedTensor,
  loadResharded,
  type ShardTensor,
  type ShardTensors,
  type TensorBox,
  tensorPieces,
} from "../../../src/checkpoints/tensors/index.js";
import type { Tensor } from "../../../src/formats/index.js";
import { bitsOf } from "../../formats/safetensors/tensors.js";
import {
  type Choose,
  choices,
  countingTensor,
  cutOut,
  indicesOf,
  partition,
  type RecordedReader,
  recordedReader,
  shardsOf,
} from "./partitions.js";

interface Saved {
  readonly whole: Map<string, Tensor>;
  readonly sliced: Set<string>;
  readonly readers: RecordedReader[];
}

type Cut = (shape: readonly number[], worldSize: number, choose: Choose) => TensorBox[];

/** Some tensors cut over any number of ranks, some whole in several of them. */
function save(choose: Choose, cut: Cut): Saved {
  const worldSize = 1 + choose(5);
  const shards = Array.from({ length: worldSize }, () => new Map<string, ShardTensor>());
  const whole = new Map<string, Tensor>();
  const sliced = new Set<string>();
  const count = 1 + choose(4);
  for (let i = 0; i < count; i++) {
    const name = `t${i}`;
    const tensor = countingTensor(choose);
    whole.set(name, tensor);
    if (tensor.shape.length === 0 || choose(4) === 0) {
      for (const shard of shards.slice(choose(worldSize))) shard.set(name, tensor);
      continue;
    }
    sliced.add(name);
    for (const [rank, box] of cut(tensor.shape, worldSize, choose).entries()) {
      const place = { globalShape: tensor.shape, offset: box.offset };
      shards[rank]!.set(name, { ...cutOut(tensor, box), ...place });
    }
  }
  return { whole, sliced, readers: shards.map((shard) => recordedReader(tensorPieces(shard))) };
}

/** Any boxes that together are the whole. */
const anyCut: Cut = partition;

/** The same, each box in several ranks, and some larger than they need to be. */
const overlappingCut: Cut = (shape, worldSize, choose) => {
  const boxes = partition(shape, Math.ceil(worldSize / 2), choose);
  return Array.from({ length: worldSize }, (_, rank) => {
    const { offset, shape: own } = boxes[rank % boxes.length]!;
    const from = offset.map((start) => start - choose(Math.min(start, 2) + 1));
    const end = offset.map((start, axis) => {
      const stop = start + own[axis]!;
      return stop + choose(shape[axis]! - stop + 1);
    });
    return { offset: from, shape: end.map((stop, axis) => stop - from[axis]!) };
  });
};

/** The numbers of a whole tensor from parts that must not overlap nor leave a gap. */
function joined(parts: readonly LoadedTensor[], whole: Tensor): (number | bigint)[] {
  const items = whole.shape.reduce((product, n) => product * n, 1);
  const words = items === 0 ? 1 : whole.data.length / items;
  const numbers = new Array<number | bigint>(whole.data.length);
  let count = 0;
  for (const { data, shape, offset } of parts) {
    let at = 0;
    for (const index of indicesOf({ offset: offset!, shape }, whole.shape)) {
      for (let word = 0; word < words; word++) numbers[index * words + word] = data[at++]!;
      count++;
    }
  }
  expect(count).toBe(items);
  return numbers;
}

/** What was read behind the header, in the order of the file. */
function takeReads(reader: RecordedReader): { start: number; end: number }[] {
  return reader.reads
    .splice(0)
    .slice(1)
    .toSorted((a, b) => a.start - b.start);
}

describe("loadResharded", () => {
  for (const [what, cut] of Object.entries({
    "any boxes": anyCut,
    "boxes that overlap": overlappingCut,
  })) {
    it(`gives new ranks what the old ones had, of ${what}, and reads no byte twice nor in vain`, async () => {
      await fc.assert(
        fc.asyncProperty(choices(), async (choose) => {
          const { whole, sliced, readers } = save(choose, cut);
          const worldSize = 1 + choose(5);
          const own = new Map<string, TensorBox[]>();
          for (const name of sliced)
            own.set(name, partition(whole.get(name)!.shape, worldSize, choose));
          const readBytes = 1 + choose(70);
          const ranks: Map<string, LoadedTensor>[] = [];
          for (let rank = 0; rank < worldSize; rank++) {
            const loaded = await loadResharded({
              shards: readers,
              rank,
              worldSize,
              readBytes,
              gapBytes: 0,
              boxes: ({ name }) => own.get(name)?.[rank],
            });
            ranks.push(loaded);
            let needed = 0;
            for (const { data } of loaded.values()) needed += data.byteLength;
            for (const reader of readers) {
              let last = 0;
              for (const { start, end } of takeReads(reader)) {
                expect(start).toBeGreaterThanOrEqual(last);
                expect(end - start).toBeLessThanOrEqual(readBytes);
                needed -= end - start;
                last = end;
              }
            }
            expect(needed).toBe(0);
          }
          for (const [name, tensor] of whole) {
            const parts = ranks.map((rank) => rank.get(name)!);
            if (sliced.has(name)) expect(joined(parts, tensor)).toEqual([...tensor.data]);
            else for (const part of parts) expect(bitsOf(part)).toEqual(bitsOf(tensor));
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it("cuts along the axis that was cut before, whatever gaps are read along", async () => {
    const alongOne: Cut = (shape, worldSize, choose) => {
      const axis = choose(shape.length);
      const ends = Array.from({ length: worldSize - 1 }, () => choose(shape[axis]! + 1));
      ends.sort((a, b) => a - b).push(shape[axis]!);
      return ends.map((end, i) => {
        const from = ends[i - 1] ?? 0;
        return {
          offset: shape.map((_, k) => (k === axis ? from : 0)),
          shape: shape.with(axis, end - from),
        };
      });
    };
    await fc.assert(
      fc.asyncProperty(choices(), async (choose) => {
        const { whole, sliced, readers } = save(choose, alongOne);
        const worldSize = 1 + choose(5);
        const limits = { gapBytes: choose(40), readBytes: 1 + choose(100) };
        const ranks = await Promise.all(
          Array.from({ length: worldSize }, (_, rank) =>
            loadResharded({ shards: readers, rank, worldSize, ...limits }),
          ),
        );
        for (const name of sliced) {
          const { shape } = whole.get(name)!;
          const boxes = ranks.map((rank) => rank.get(name)!);
          const cut = shape.filter((length, k) => boxes.some((box) => box.shape[k] !== length));
          expect(cut.length).toBeLessThanOrEqual(1);
          expect(joined(boxes, whole.get(name)!)).toEqual([...whole.get(name)!.data]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("reads columns row by row, or with the gaps between them", async () => {
    const data = Float32Array.from({ length: 64 }, (_, i) => i);
    const whole: Tensor = { dtype: "F32", shape: [8, 8], data };
    const readers = shardsOf({ w: { ...whole, globalShape: [8, 8], offset: [0, 0] } });
    const options = { shards: readers, rank: 1, worldSize: 4, axis: 1 };
    const start = readers[0]!.size - 256;
    const expected = bitsOf(cutOut(whole, chunkBox([8, 8], 1, 1, 4)));

    const exact = await loadResharded({ ...options, gapBytes: 23 });
    expect(bitsOf(exact.get("w")!)).toEqual(expected);
    expect(takeReads(readers[0]!)).toEqual(
      Array.from({ length: 8 }, (_, row) => ({
        start: start + row * 32 + 8,
        end: start + row * 32 + 16,
      })),
    );
    const along = await loadResharded({ ...options, gapBytes: 24 });
    expect(bitsOf(along.get("w")!)).toEqual(expected);
    expect(takeReads(readers[0]!)).toEqual([{ start: start + 8, end: start + 240 }]);
  });

  it("cuts what lies together at multiples of a read's size in the shard, also between tensors", async () => {
    const tensors: ShardTensors = {
      large: new Uint8Array(1000),
      little: new Uint8Array(290),
      small: Uint8Array.of(1),
      tiny: Uint8Array.of(2),
    };
    const readers = shardsOf(tensors);
    const size = readers[0]!.size;
    await loadResharded({ shards: readers, rank: 0, worldSize: 2, readBytes: 300 });
    const cuts = takeReads(readers[0]!);
    expect(cuts.length).toBe(Math.ceil(size / 300) - Math.floor((size - 1292) / 300));
    for (const [i, { start, end }] of cuts.entries()) {
      expect(start).toBe(i === 0 ? size - 1292 : cuts[i - 1]!.end);
      expect(i === cuts.length - 1 ? end === size : end % 300 === 0).toBe(true);
    }
    await loadResharded({ shards: readers, rank: 0, worldSize: 2, names: ["tiny", "small"] });
    expect(takeReads(readers[0]!)).toEqual([{ start: size - 2, end: size }]);
  });

  it("reads what several ranks have from different ones", async () => {
    const readers = shardsOf(
      { a: new Uint8Array(5) },
      { a: new Uint8Array(5) },
      { b: new Uint8Array(1) },
    );
    for (let rank = 0; rank < 4; rank++) {
      await loadResharded({ shards: readers, rank, worldSize: 4, names: ["a"] });
      const counts = readers.map((reader) => takeReads(reader).length);
      expect(counts).toEqual([rank % 2 === 0 ? 1 : 0, rank % 2, 0]);
    }
  });
});
