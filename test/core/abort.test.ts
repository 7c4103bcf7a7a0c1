import { describe, expect, it } from "vitest";
import { abortable, raceAbort, systemClock } from "../../src/core/index.js";

describe("raceAbort", () => {
  it("gives the outcome of the promise while the signal is quiet", async () => {
    const { signal } = new AbortController();
    expect(await raceAbort(Promise.resolve(1), signal)).toBe(1);
    await expect(raceAbort(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  });

  it("is aborted as soon as the signal fires", async () => {
    const controller = new AbortController();
    const race = raceAbort(new Promise(() => undefined), controller.signal, "put");
    controller.abort();
    await expect(race).rejects.toMatchObject({ code: "aborted", operation: "put" });
    await expect(
      raceAbort(Promise.reject(new Error("late")), AbortSignal.abort()),
    ).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("abortable", () => {
  it("ends a stalled source without waiting for it, and a running one in order", async () => {
    const controller = new AbortController();
    let ended = 0;
    async function* items() {
      try {
        yield 1;
        controller.abort();
        await new Promise(() => undefined);
      } finally {
        ended++;
      }
    }
    const seen: number[] = [];
    await expect(async () => {
      for await (const item of abortable(items(), controller.signal)) seen.push(item);
    }).rejects.toMatchObject({ code: "aborted" });
    expect(seen).toEqual([1]);
    for await (const _ of abortable(items(), undefined)) break;
    expect(ended).toBe(1);
  });
});

describe("systemClock", () => {
  it("ends a sleep when the signal fires", async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await expect(sleep).rejects.toMatchObject({ code: "aborted" });
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).rejects.toMatchObject({
      code: "aborted",
    });
    await systemClock.sleep(0);
  });
});
