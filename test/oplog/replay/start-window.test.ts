import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Heap } from "../../../src/oplog/replay/heap.js";
import { StartWindow } from "../../../src/oplog/replay/start-window.js";
import { rowAt } from "./log-rows.js";

function drain(window: StartWindow<{ row: ReturnType<typeof rowAt> }>): number[] {
  const numbers: number[] = [];
  for (let item = window.take(); item !== undefined; item = window.take()) {
    numbers.push(item.row.bytes);
  }
  return numbers;
}

describe("Heap", () => {
  it("gives its items in order, whatever comes in between", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (steps) => {
        const heap = new Heap<number>((a, b) => a - b);
        const model: number[] = [];
        for (const step of steps) {
          if (step === undefined) expect(heap.pop()).toBe(model.shift());
          else {
            heap.push(step);
            model.push(step);
            model.sort((a, b) => a - b);
          }
          expect(heap.peek()).toBe(model[0]);
          expect(heap.size).toBe(model.length);
        }
      }),
    );
  });
});

describe("StartWindow", () => {
  it("orders rows that are no further from their place than it holds", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (jitter) => {
        // A row comes at most 20 places too late.
        const rows = jitter.map((late, at) => ({ at, key: at + late }));
        rows.sort((a, b) => a.key - b.key);
        const window = new StartWindow(21);
        const out: number[] = [];
        for (const { at } of rows) {
          window.add({ row: rowAt(at, { bytes: at }) });
          out.push(...drain(window));
        }
        window.complete();
        out.push(...drain(window));
        expect(out).toEqual(rows.map(({ at }) => at).sort((a, b) => a - b));
        expect(window.outOfOrder).toBe(0);
      }),
    );
  });

  it("gives nothing before it is full, and counts what comes too late", () => {
    const window = new StartWindow(2);
    window.add({ row: rowAt(10, { bytes: 10 }) });
    expect(window.take()).toBeUndefined();
    window.add({ row: rowAt(20, { bytes: 20 }) });
    expect(drain(window)).toEqual([10]);
    window.add({ row: rowAt(5, { bytes: 5 }) });
    expect(drain(window)).toEqual([5]);
    window.complete();
    expect(drain(window)).toEqual([20]);
    expect(window.outOfOrder).toBe(1);
  });
});
