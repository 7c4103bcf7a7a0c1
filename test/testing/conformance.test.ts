import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/storage/backend.js";
import {
  type ConformanceContext,
  type ConformanceTarget,
  conformanceCases,
  type Expectations,
} from "../../src/testing/index.js";
import { MEMORY_EXPECTATIONS, memoryTarget } from "../conformance/memory-target.js";

/** A backend with one fault of conduct. */
type Defect = (inner: Backend) => Partial<Backend>;

/** What is wrong, and the case that must notice it. */
const DEFECTS: Record<string, readonly [Defect, string]> = {
  "ignores mode create": [
    (inner) => ({ put: (k, b, o) => inner.put(k, b, { ...o, mode: "overwrite" }) }),
    "creates once and then says already-exists",
  ],
  "ignores the range": [
    (inner) => ({ get: (k, o) => inner.get(k, { ...o, range: undefined }) }),
    "reads closed, open, suffix and clamped ranges",
  ],
  "loses metadata on copy": [
    (inner) => ({ copy: (a, b, o) => inner.copy(a, b, { metadata: {}, ...o }) }),
    "copies bytes and keeps attributes",
  ],
  "ignores the checksum": [
    (inner) => ({ put: (k, b, o) => inner.put(k, b, { ...o, crc32c: undefined }) }),
    "checks the announced CRC32C before it publishes",
  ],
  "ignores the signal of a body": [
    (inner) => ({ get: (k, o) => inner.get(k, { ...o, signal: undefined }) }),
    "ends a body in the middle",
  ],
  "lists startAfter inclusively": [
    (inner) => ({
      list: (o) =>
        inner.list({
          ...o,
          startAfter:
            o?.startAfter === undefined ? undefined : `${o.startAfter.slice(0, -1)}\u0001`,
        }),
    }),
    "starts after a key, whether it exists or not",
  ],
  "says nothing of a missing object": [
    (inner) => ({
      copy: async (a, b, o) => inner.copy(a, b, o).catch(() => inner.put(b, new Uint8Array(0))),
    }),
    "says not-found of a missing source and leaves the target",
  ],
};

function flawed(inner: Backend, defect: Defect): Backend {
  const methods = new Map(Object.entries(defect(inner)));
  return new Proxy(inner, {
    get(target, name) {
      const own = typeof name === "string" ? methods.get(name) : undefined;
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("the conformance suite", () => {
  let target: ConformanceTarget;
  beforeAll(async () => {
    target = await memoryTarget();
  });
  afterAll(() => target.dispose());

  function run(name: string, expectations: Expectations, backend: Backend): Promise<void> {
    const one = conformanceCases(expectations).find((found) => found.name === name);
    if (one === undefined) throw new Error(`no case ${name}`);
    const context: ConformanceContext = {
      ...target,
      backend,
      reopen: async () => backend,
      expect: expectations,
      seed: 1,
      races: 2,
    };
    return one.run(context);
  }

  it.each(Object.entries(DEFECTS))("notices a backend that %s", async (_, [defect, name]) => {
    await run(name, MEMORY_EXPECTATIONS, target.backend);
    for await (const { objects } of target.backend.list()) {
      await target.backend.deleteMany(objects.map(({ key }) => key));
    }
    await expect(run(name, MEMORY_EXPECTATIONS, flawed(target.backend, defect))).rejects.toThrow();
    for await (const { objects } of target.backend.list()) {
      await target.backend.deleteMany(objects.map(({ key }) => key));
    }
  });

  it("notices a claim that differs from what is expected, either way", async () => {
    const name = "claims what is expected of it";
    await run(name, MEMORY_EXPECTATIONS, target.backend);
    for (const wrong of [
      { ...MEMORY_EXPECTATIONS, presign: "supported" },
      { ...MEMORY_EXPECTATIONS, rename: "not-supported" },
    ] as const) {
      await expect(run(name, wrong, target.backend)).rejects.toThrow();
    }
  });

  it("gives every case a name of its own", () => {
    const names = conformanceCases({ ...MEMORY_EXPECTATIONS, presign: "supported" }).map(
      ({ verb, name }) => `${verb}: ${name}`,
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
