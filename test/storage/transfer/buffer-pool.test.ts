import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../src/core/byte-budget.js";
import { BufferPool } from "../../../src/storage/transfer/buffer-pool.js";

describe("ByteBudget", () => {
  it("never hands out more than its limit, and serves all in their order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 40 }),
        async (requests) => {
          const budget = new ByteBudget(100);
          const order: number[] = [];
          await Promise.all(
            requests.map(async (bytes, index) => {
              await budget.acquire(bytes);
              order.push(index);
              expect(budget.held <= 100 || budget.held === bytes).toBe(true);
              await new Promise((resolve) => setImmediate(resolve));
              budget.release(bytes);
            }),
          );
          expect(order).toEqual(requests.map((_, index) => index));
          expect(budget.held).toBe(0);
        },
      ),
    );
  });

  it("lets no small request overtake a large one", async () => {
    const budget = new ByteBudget(10);
    await budget.acquire(6);
    let large = false;
    const waiting = budget.acquire(8).then(() => {
      large = true;
    });
    expect(budget.tryAcquire(1)).toBe(false);
    budget.release(6);
    await waiting;
    expect(large).toBe(true);
  });

  it("lets those behind go on when a waiting one is aborted", async () => {
    const budget = new ByteBudget(10);
    await budget.acquire(6);
    const controller = new AbortController();
    const large = budget.acquire(10, controller.signal);
    const small = budget.acquire(4);
    controller.abort();
    await expect(large).rejects.toMatchObject({ code: "aborted" });
    await small;
    expect(budget.held).toBe(10);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a limit of %d", (limit) => {
    expect(() => new ByteBudget(limit)).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("BufferPool", () => {
  it("uses memory again once it is released, and never once it is discarded", async () => {
    const pool = new BufferPool(1 << 20);
    const first = await pool.acquire(5000);
    const memory = first.bytes.buffer;
    expect(first.bytes.length).toBe(5000);
    first.release();
    const second = await pool.acquire(8000);
    expect(second.bytes.buffer).toBe(memory);
    second.discard();
    expect((await pool.acquire(5000)).bytes.buffer).not.toBe(memory);
  });

  it("counts a loan that is given back twice once", async () => {
    const pool = new BufferPool(1 << 20);
    const loan = await pool.acquire(4096);
    const other = await pool.acquire(4096);
    loan.release();
    loan.release();
    loan.discard();
    expect(pool.inUse).toBe(4096);
    other.release();
    expect(pool.inUse).toBe(0);
  });

  it("lets no two loans share memory", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 << 20 }), { maxLength: 30 }), (lengths) => {
        const pool = new BufferPool(8 << 20);
        const held = [];
        for (const length of lengths) {
          const loan = pool.tryAcquire(length);
          if (loan === undefined) held.shift()?.release();
          else held.push(loan);
          const memories = held.map(({ bytes }) => bytes.buffer);
          expect(new Set(memories).size).toBe(memories.length);
        }
      }),
    );
  });
});
