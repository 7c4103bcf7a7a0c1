import { describe, expect, it } from "vitest";
import { LodeError } from "../../../src/errors.js";
import type { Backend, GetOptions, MultipartOptions } from "../../../src/storage/backend.js";
import {
  type Fault,
  type FaultCall,
  fault,
  type RetryEvent,
  type RetryOptions,
  retry,
} from "../../../src/storage/layers/index.js";
import { FakeClock } from "../../../src/testing/index.js";
import { bytesOf, freshMemory, textOf } from "./memory-backend.js";

const BEFORE: Fault = { kind: "error", when: "before" };
const LOST: Fault = { kind: "error", when: "after" };

/** Memory under faults, one for each call of the script's list, under retry. */
async function withFaults(
  faults: readonly (Fault | undefined)[],
  options: RetryOptions = {},
  below: (inner: Backend) => Backend = (inner) => inner,
) {
  const memory = await freshMemory();
  const calls: FaultCall[] = [];
  const events: RetryEvent[] = [];
  const clock = new FakeClock();
  let armed = false;
  const left = [...faults];
  const faulty = fault({
    clock,
    script: (call) => {
      if (!armed) return undefined;
      calls.push(call);
      return left.shift();
    },
  });
  const backend = retry({
    clock,
    random: () => 1,
    onRetry: (event) => events.push(event),
    ...options,
  })(faulty(below(memory)));
  return { memory, backend, calls, events, clock, arm: () => (armed = true) };
}

describe("retry", () => {
  it("repeats with growing waits, honours Retry-After and tells each retry", async () => {
    const slow: Fault = {
      kind: "error",
      when: "before",
      error: { code: "rate-limited", details: { status: 503, retryAfterMs: 3000 } },
    };
    const t = await withFaults([BEFORE, BEFORE, slow]);
    await t.memory.put("a", bytesOf("x"));
    t.arm();
    expect((await t.backend.head("a")).size).toBe(1);
    expect(t.clock.sleeps).toEqual([100, 200, 3000]);
    expect(t.events.map(({ operation, key, attempt }) => [operation, key, attempt])).toEqual([
      ["head", "a", 1],
      ["head", "a", 2],
      ["head", "a", 3],
    ]);
  });

  it("gives up after its attempts with the last error, and keeps its facts", async () => {
    const broken: Fault = {
      kind: "error",
      when: "before",
      error: { code: "timeout", message: "no answer", details: { requestId: "r-9" } },
    };
    const t = await withFaults([broken, broken, broken], { attempts: 3 });
    t.arm();
    await expect(t.backend.put("a", bytesOf("x"))).rejects.toMatchObject({
      code: "timeout",
      retry: "exhausted",
      message: expect.stringMatching(/^no answer \(gave up after 3 attempts in 0\.3 s\)$/),
      details: { requestId: "r-9", attempts: 3 },
    });
    expect(t.calls).toHaveLength(3);
  });

  it("stops at the deadline", async () => {
    const t = await withFaults(Array(100).fill(BEFORE), { attempts: 100, deadlineMs: 1000 });
    t.arm();
    await expect(t.backend.head("a")).rejects.toMatchObject({ retry: "exhausted" });
    expect(t.clock.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(1000);
  });

  it.each(["not-found", "permission-denied", "unauthenticated", "invalid-argument"] as const)(
    "does not repeat %s",
    async (code) => {
      const t = await withFaults([
        { kind: "error", when: "before", error: { code, retry: "never" } },
      ]);
      t.arm();
      await expect(t.backend.head("a")).rejects.toMatchObject({ code, retry: "never" });
      expect(t.calls).toHaveLength(1);
    },
  );

  it("ends a wait when the signal fires", async () => {
    const controller = new AbortController();
    const t = await withFaults([BEFORE, BEFORE], { onRetry: () => controller.abort() });
    t.arm();
    await expect(t.backend.head("a", { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(t.calls).toHaveLength(1);
  });

  it("lowers the number of calls in flight when the provider refuses for load", async () => {
    const slow: Fault = { kind: "error", when: "before", error: { code: "rate-limited" } };
    const t = await withFaults(Array(8).fill(slow), { maxInFlight: 8 });
    await t.memory.put("a", bytesOf("x"));
    t.arm();
    await Promise.all(Array.from({ length: 8 }, () => t.backend.head("a")));
    expect(t.events.at(-1)!.inFlightLimit).toBe(4);
  });
});

describe("retry of conditional writes", () => {
  it("recognises its own create after a lost reply, and hides the id", async () => {
    const t = await withFaults([LOST]);
    t.arm();
    const result = await t.backend.put("a", bytesOf("x"), {
      mode: "create",
      metadata: { rank: "1" },
    });
    const head = await t.backend.head("a");
    expect(result).toMatchObject({ etag: head.etag, size: 1, crc32c: head.crc32c });
    expect(head.metadata).toEqual({ rank: "1" });
    expect((await t.backend.get("a")).meta.metadata).toEqual({ rank: "1" });
    expect((await t.memory.head("a")).metadata).toHaveProperty("lode-write-id");
  });

  it("recognises its own compare-and-swap after a lost reply and a failed look", async () => {
    const t = await withFaults([LOST, undefined, BEFORE]);
    const { etag } = await t.memory.put("a", bytesOf("one"));
    t.arm();
    const result = await t.backend.put("a", bytesOf("two"), { mode: { ifMatch: etag } });
    expect(result.etag).toBe((await t.memory.head("a")).etag);
    expect(t.calls.map(({ operation }) => operation)).toEqual([
      "put",
      "put",
      "head",
      "put",
      "head",
    ]);
  });

  it("does not take another's object for its own", async () => {
    const t = await withFaults([BEFORE]);
    await t.memory.put("a", bytesOf("theirs"), { metadata: { "lode-write-id": "other" } });
    t.arm();
    await expect(t.backend.put("a", bytesOf("x"), { mode: "create" })).rejects.toMatchObject({
      code: "already-exists",
    });
    const { etag } = await t.memory.head("a");
    await t.memory.put("a", bytesOf("newer"));
    await expect(
      t.backend.put("a", bytesOf("x"), { mode: { ifMatch: etag } }),
    ).rejects.toMatchObject({ code: "precondition-failed" });
  });

  it("does not look at all when the first try is refused", async () => {
    const t = await withFaults([]);
    await t.memory.put("a", bytesOf("theirs"));
    t.arm();
    await expect(t.backend.put("a", bytesOf("x"), { mode: "create" })).rejects.toMatchObject({
      code: "already-exists",
    });
    expect(t.calls.map(({ operation }) => operation)).toEqual(["put"]);
  });

  it("recognises a conditional upload whose completion was told to nobody", async () => {
    const t = await withFaults([], {}, forgetful);
    const upload = await t.backend.startMultipart("a", { mode: "create" });
    await upload.putPart(1, bytesOf("x"));
    const result = await upload.complete();
    expect(result.etag).toBe((await t.memory.head("a")).etag);
  });

  it("repeats a conditional copy or a rename only after a refusal for load", async () => {
    const slow: Fault = { kind: "error", when: "before", error: { code: "rate-limited" } };
    const t = await withFaults([slow, undefined, BEFORE, slow, undefined, BEFORE]);
    await t.memory.put("a", bytesOf("x"));
    t.arm();
    await t.backend.copy("a", "b", { mode: "create" });
    await expect(t.backend.copy("a", "c", { mode: "create" })).rejects.toMatchObject({
      code: "connection",
    });
    await t.backend.rename!("a", "d");
    await expect(t.backend.rename!("d", "e")).rejects.toMatchObject({ code: "connection" });
    expect(t.calls).toHaveLength(6);
  });
});

/** A provider that completes, loses the reply and then finds its own object in the way. */
function forgetful(inner: Backend): Backend {
  return Object.assign(Object.create(inner) as Backend, {
    head: inner.head.bind(inner),
    async startMultipart(key: string, options: MultipartOptions) {
      const upload = await inner.startMultipart(key, options);
      let tries = 0;
      return {
        key,
        id: upload.id,
        putPart: upload.putPart.bind(upload),
        listParts: upload.listParts.bind(upload),
        abort: upload.abort.bind(upload),
        async complete() {
          if (++tries === 1) {
            await upload.complete();
            throw new LodeError({ code: "connection", retry: "safe", message: "reset" });
          }
          throw new LodeError({ code: "already-exists", message: "there is one" });
        },
      };
    },
  });
}

describe("retry of reads", () => {
  const content = "0123456789".repeat(10);

  it("asks only for the missing range of the same version", async () => {
    const asked: GetOptions[] = [];
    const t = await withFaults(
      [{ kind: "truncate", bytes: 30 }, { kind: "truncate", bytes: 25 }, BEFORE],
      {},
      (inner) =>
        Object.assign(Object.create(inner) as Backend, {
          get(key: string, options: GetOptions = {}) {
            asked.push(options);
            return inner.get(key, options);
          },
        }),
    );
    const { etag } = await t.memory.put("a", bytesOf(content));
    t.arm();
    const { body, range } = await t.backend.get("a", { range: { start: 5, end: 95 } });
    expect(range).toEqual({ start: 5, end: 95 });
    expect(await textOf(body)).toBe(content.slice(5, 95));
    expect(asked.map(({ range: r, ifMatch }) => [r, ifMatch])).toEqual([
      [{ start: 5, end: 95 }, undefined],
      [{ start: 35, end: 95 }, etag],
      [{ start: 60, end: 95 }, etag],
    ]);
  });

  it("ends cleanly when the object was replaced in between", async () => {
    const t = await withFaults([{ kind: "truncate", bytes: 30 }], {});
    await t.memory.put("a", bytesOf(content));
    t.arm();
    const { body } = await t.backend.get("a");
    await t.memory.put("a", bytesOf(content.toUpperCase()));
    await expect(textOf(body)).rejects.toMatchObject({
      code: "precondition-failed",
      message: expect.stringContaining("was replaced while it was read"),
    });
  });

  it("gives up on a body that never gets further", async () => {
    const stuck: Fault = { kind: "truncate", bytes: 0 };
    const t = await withFaults(Array(10).fill(stuck), { attempts: 3 });
    await t.memory.put("a", bytesOf(content));
    t.arm();
    await expect(textOf((await t.backend.get("a")).body)).rejects.toMatchObject({
      retry: "exhausted",
      details: { attempts: 3 },
    });
    expect(t.calls).toHaveLength(3);
  });

  it("notices a body that ends early without a word", async () => {
    const t = await withFaults([], {}, (inner) =>
      Object.assign(Object.create(inner) as Backend, {
        head: inner.head.bind(inner),
        async get(key: string, options?: GetOptions) {
          const result = await inner.get(key, options);
          async function* short() {
            for await (const chunk of result.body) yield chunk.subarray(0, 7);
          }
          return { ...result, body: short() };
        },
      }),
    );
    await t.memory.put("a", bytesOf(content));
    t.arm();
    expect(await textOf((await t.backend.get("a")).body)).toBe(content);
  });

  it("goes on filling memory where a broken read says how far it came", async () => {
    const asked: [number, number, string | undefined][] = [];
    let breaks = 1;
    const t = await withFaults([], {}, (inner) =>
      Object.assign(Object.create(inner) as Backend, {
        async readInto(...args: Parameters<NonNullable<Backend["readInto"]>>) {
          const [key, range, target, options] = args;
          asked.push([range.start, range.end, options?.ifMatch]);
          const result = await inner.readInto!(key, range, target, options);
          if (breaks-- <= 0) return result;
          target.fill(0, 40);
          throw new LodeError({
            code: "connection",
            retry: "safe",
            message: "reset",
            details: { received: 40, etag: result.meta.etag },
          });
        },
      }),
    );
    const { etag } = await t.memory.put("a", bytesOf(content));
    const target = new Uint8Array(90);
    const result = await t.backend.readInto!("a", { start: 10, end: 100 }, target);
    expect(Buffer.from(target).toString()).toBe(content.slice(10));
    expect(result).toMatchObject({ bytesRead: 90, range: { start: 10, end: 100 } });
    expect(asked).toEqual([
      [10, 100, undefined],
      [50, 100, etag],
    ]);
  });
});

describe("retry of listings and deletes", () => {
  const keys = ["a", "b/1", "b/2", "c", "d/1", "e"];

  it("goes on behind the last entry, without repeating a prefix", async () => {
    for (let failAt = 0; failAt < 8; failAt++) {
      const faults = Array.from({ length: 9 }, (_, n) => (n === failAt ? LOST : undefined));
      const t = await withFaults(faults);
      for (const key of keys) await t.memory.put(key, bytesOf(key));
      t.arm();
      const told: string[] = [];
      for await (const page of t.backend.list({ delimiter: "/", pageSize: 1 })) {
        told.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      }
      expect(told, `failing call ${failAt}`).toEqual(["a", "b/", "c", "d/", "e"]);
    }
  });

  it("deletes again only the keys that failed, and tells which did to the end", async () => {
    const asked: (readonly string[])[] = [];
    const t = await withFaults([], { attempts: 3 }, (inner) =>
      Object.assign(Object.create(inner) as Backend, {
        async deleteMany(names: readonly string[]) {
          asked.push(names);
          const error = (retryHint: "safe" | "never") =>
            new LodeError({ code: "rate-limited", retry: retryHint, message: "slow down" });
          return names.map((key) => {
            if (key === "b" && asked.length < 2) return { key, error: error("safe") };
            if (key === "c") return { key, error: error("safe") };
            if (key === "d") return { key, error: error("never") };
            return { key };
          });
        },
      }),
    );
    const results = await t.backend.deleteMany(["a", "b", "c", "d"]);
    expect(asked).toEqual([["a", "b", "c", "d"], ["b", "c"], ["c"]]);
    expect(results.map(({ key, error }) => [key, error?.retry])).toEqual([
      ["a", undefined],
      ["b", undefined],
      ["c", "exhausted"],
      ["d", "never"],
    ]);
  });

  it("takes a container that is gone after a lost reply for deleted", async () => {
    const t = await withFaults([LOST, undefined, undefined]);
    t.arm();
    await t.backend.deleteContainer!();
    await expect(t.backend.deleteContainer!()).rejects.toMatchObject({ code: "not-found" });
  });
});
