import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/storage/backend.js";
import { limit } from "../../../src/storage/layers/index.js";
import { bytesOf, freshMemory, textOf } from "./memory-backend.js";

/** Memory whose calls are counted while they run, and yield once. */
async function counted() {
  const memory = await freshMemory();
  const state = { running: 0, most: 0, bytes: 0, mostBytes: 0 };
  async function during<T>(bytes: number, run: () => Promise<T>): Promise<T> {
    state.running++;
    state.bytes += bytes;
    state.most = Math.max(state.most, state.running);
    state.mostBytes = Math.max(state.mostBytes, state.bytes);
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return await run();
    } finally {
      state.running--;
      state.bytes -= bytes;
    }
  }
  const backend: Backend = Object.assign(Object.create(memory) as Backend, {
    get: memory.get.bind(memory),
    head: (key: string) => during(0, () => memory.head(key)),
    put: (key: string, body: Uint8Array) => during(body.length, () => memory.put(key, body)),
  });
  return { memory, backend, state };
}

describe("limit", () => {
  it("runs as many calls at a time as allowed, and no more", async () => {
    const { backend, state } = await counted();
    const limited = limit({ concurrency: 3 })(backend);
    await limited.put("a", bytesOf("x"));
    await Promise.all(Array.from({ length: 20 }, () => limited.head("a")));
    expect(state.most).toBe(3);
  });

  it("bounds the bytes in flight, and lets a larger call run alone", async () => {
    const { backend, state } = await counted();
    const limited = limit({ concurrency: 100, bytesInFlight: 1000 })(backend);
    const sizes = [400, 400, 400, 900, 100, 2500, 10, 10];
    await Promise.all(sizes.map((size, n) => limited.put(`k${n}`, new Uint8Array(size))));
    expect(state.mostBytes).toBe(2500);
    state.mostBytes = 0;
    await Promise.all(sizes.map((_, n) => limited.put(`k${n}`, new Uint8Array(400))));
    expect(state.mostBytes).toBe(800);
  });

  it("holds a get's slot until its body ends, is left or was never begun", async () => {
    const limited = limit({ concurrency: 1 })(await freshMemory());
    await limited.put("a", bytesOf("text"));
    const ends: ((body: AsyncIterable<Uint8Array>) => Promise<unknown>)[] = [
      textOf,
      async (body) => {
        for await (const _ of body) break;
      },
      async (body) => body[Symbol.asyncIterator]().return?.(),
    ];
    for (const end of ends) {
      const { body } = await limited.get("a");
      let entered = false;
      const waiting = limited.head("a").then(() => {
        entered = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(entered).toBe(false);
      await end(body);
      await waiting;
    }
  });

  it("frees the slot of a failed call and of one aborted while it waits", async () => {
    const limited = limit({ concurrency: 1, bytesInFlight: 10 })(await freshMemory());
    await expect(limited.get("missing")).rejects.toMatchObject({ code: "not-found" });
    await limited.put("a", bytesOf("text"));
    const { body } = await limited.get("a");
    const controller = new AbortController();
    const waiting = limited.head("a", { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    await textOf(body);
    await limited.head("a");
  });
});
