import { afterEach, describe, expect, it } from "vitest";
import { isLodeError } from "../../src/errors.js";
import { dropMemoryStore, openMemoryBackend } from "../../src/storage/backends/memory/index.js";
import type { Backend, GetResult } from "../../src/storage/index.js";
import { ObjectStore } from "../../src/storage/index.js";

const NAME = "object-store-test";

async function memoryStore(change?: (backend: Backend) => Backend): Promise<ObjectStore> {
  const backend = await openMemoryBackend({ name: NAME });
  return new ObjectStore(change === undefined ? backend : change(backend));
}

/** The same backend with some calls replaced. */
function changed(backend: Backend, calls: Partial<Backend>): Backend {
  return new Proxy(backend, {
    get(target, name) {
      if (name in calls) return calls[name as keyof Backend];
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function failure(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error("the call did not fail");
}

afterEach(() => dropMemoryStore(NAME));

describe("ObjectStore", () => {
  it("reads back what it wrote as bytes, text and JSON", async () => {
    const store = await memoryStore();
    await store.put("a/b.json", '{"x":1}');
    expect(await store.text("a/b.json")).toBe('{"x":1}');
    expect(await store.json("a/b.json")).toEqual({ x: 1 });
    expect(await store.bytes("a/b.json", { range: { start: 1, end: 4 } })).toEqual(
      new TextEncoder().encode('"x"'),
    );
    expect(await store.exists("a/b.json")).toBe(true);
    expect(await store.exists("a/c.json")).toBe(false);
  });

  it("names operation and object in every error", async () => {
    const store = await memoryStore();
    const error = await failure(store.bytes("missing"));
    expect(isLodeError(error, "not-found")).toBe(true);
    expect(error).toMatchObject({ operation: "get", uri: `mem://${NAME}/missing` });
  });

  it("refuses bad keys, ranges and options before any I/O", async () => {
    let calls = 0;
    const count = () => {
      calls++;
      return Promise.reject(new Error("the backend was called"));
    };
    const store = await memoryStore((b) => changed(b, { get: count, put: count }));
    for (const key of ["", "a\0b", "\ud800", "x".repeat(1025)]) {
      expect(await failure(store.get(key))).toMatchObject({ code: "invalid-key" });
    }
    const bad = [
      store.get("k", { range: { start: 3, end: 3 } }),
      store.get("k", { range: { suffix: 0 } }),
      store.get("k", { ifMatch: "a", ifNoneMatch: "b" }),
      store.readInto("k", { start: 0, end: 10 }, new Uint8Array(9)),
      store.put("k", "x", { metadata: { "Bad Key": "x" } }),
      store.put("k", "x", { metadata: { key: "a\r\nb: c" } }),
      store.put("k", "x", { contentType: "text/plain\r\nx: y" }),
      store.put("k", "x", { crc32c: -1 }),
    ];
    for (const call of bad) expect(await failure(call)).toMatchObject({ code: "invalid-argument" });
    expect(calls).toBe(0);
  });

  it("refuses an option that the backend would ignore, naming the capability", async () => {
    const store = await memoryStore((backend) =>
      changed(backend, {
        capabilities: {
          ...backend.capabilities,
          putIfAbsent: false,
          userMetadata: false,
          contentType: false,
          listStartAfter: false,
        },
      }),
    );
    expect(await failure(store.put("k", "x", { mode: "create" }))).toMatchObject({
      code: "unsupported",
      details: { capability: "putIfAbsent" },
    });
    expect(await failure(store.put("k", "x", { metadata: { a: "b" } }))).toMatchObject({
      code: "unsupported",
      details: { capability: "userMetadata" },
    });
    expect(await failure(store.put("k", "x", { contentType: "a/b" }))).toMatchObject({
      code: "unsupported",
    });
    expect(() => store.list({ startAfter: "a" })).not.toThrow();
    await expect(store.list({ startAfter: "a" }).next()).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("notices a body that is shorter or longer than announced", async () => {
    for (const size of [9, 11]) {
      const store = await memoryStore((backend) =>
        changed(backend, {
          get: async (key, options): Promise<GetResult> => ({
            ...(await backend.get(key, options)),
            body: (async function* () {
              yield new Uint8Array(size);
            })(),
          }),
        }),
      );
      await store.put("k", new Uint8Array(10));
      expect(await failure(store.bytes("k"))).toMatchObject({ code: "incomplete-read" });
    }
  });

  it("reads a damaged reply again, and fails when the damage stays", async () => {
    let flips = 1;
    const store = await memoryStore((backend) =>
      changed(backend, {
        get: async (key, options): Promise<GetResult> => {
          const result = await backend.get(key, options);
          return {
            ...result,
            body: (async function* () {
              for await (const chunk of result.body) {
                const copy = Uint8Array.from(chunk);
                if (flips-- > 0) copy[0] = (copy[0] ?? 0) ^ 1;
                yield copy;
              }
            })(),
          };
        },
      }),
    );
    await store.put("k", "hello");
    expect(await store.text("k")).toBe("hello");
    flips = 1000;
    expect(await failure(store.bytes("k"))).toMatchObject({ code: "integrity", operation: "get" });
  });

  it("ends the provider's body when its own is ended before it was begun", async () => {
    let ended = 0;
    const store = await memoryStore((backend) =>
      changed(backend, {
        get: async (key, options): Promise<GetResult> => ({
          ...(await backend.get(key, options)),
          body: {
            [Symbol.asyncIterator]: () => ({
              next: () => Promise.reject(new Error("nobody asked")),
              return: async () => {
                ended++;
                return { done: true, value: undefined };
              },
            }),
          },
        }),
      }),
    );
    await store.put("k", "hello");
    const { body } = await store.get("k");
    await body[Symbol.asyncIterator]().return?.();
    expect(ended).toBe(1);
  });

  it("gives chunks whose slices are copies, also from a store that fills one Buffer again", async () => {
    const memory = Buffer.alloc(2);
    const store = await memoryStore((backend) =>
      changed(backend, {
        async get(key, options): Promise<GetResult> {
          const result = await backend.get(key, options);
          async function* refilled(): AsyncGenerator<Uint8Array, void, undefined> {
            for (const pair of ["ab", "cd"]) {
              memory.write(pair);
              yield memory;
            }
          }
          return { ...result, body: refilled() };
        },
      }),
    );
    await store.put("a", "abcd");
    const kept: Uint8Array[] = [];
    for await (const chunk of (await store.get("a")).body) kept.push(chunk.slice());
    expect(Buffer.concat(kept).toString()).toBe("abcd");
  });

  it("does not take malformed UTF-8 or JSON for text", async () => {
    const store = await memoryStore();
    await store.put("bad", Uint8Array.of(0xff, 0xfe));
    await store.put("half", "{");
    expect(await failure(store.text("bad"))).toMatchObject({ code: "corrupt-format" });
    expect(await failure(store.json("half"))).toMatchObject({ code: "corrupt-format" });
  });

  it("reads ranges in the order asked, with neighbours joined", async () => {
    let reads = 0;
    const store = await memoryStore((backend) =>
      changed(backend, {
        readInto: (...args) => {
          reads++;
          if (backend.readInto === undefined) throw new Error("memory reads into");
          return backend.readInto(...args);
        },
      }),
    );
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    await store.put("k", bytes);
    const ranges = [
      { start: 90, end: 95 },
      { start: 0, end: 3 },
      { start: 2, end: 8 },
    ];
    const read = await store.getRanges("k", ranges, { maxGap: 4 });
    expect(read).toEqual(ranges.map(({ start, end }) => bytes.slice(start, end)));
    expect(reads).toBe(2);
    expect(await store.getRanges("k", [])).toEqual([]);
  });

  it("asks for no more ranges once one has failed", async () => {
    let reads = 0;
    const store = await memoryStore((backend) =>
      changed(backend, {
        async readInto(key, range, target, options) {
          reads++;
          if (range.start === 10) throw new Error("broken");
          return backend.readInto!(key, range, target, options);
        },
      }),
    );
    await store.put("k", new Uint8Array(1000));
    const ranges = Array.from({ length: 100 }, (_, i) => ({ start: i * 10, end: i * 10 + 5 }));
    await expect(store.getRanges("k", ranges, { maxGap: 0 })).rejects.toThrow("broken");
    expect(reads).toBeLessThan(20);
  });

  it("deletes many keys in batches and tells of each, in order", async () => {
    const store = await memoryStore();
    const keys = Array.from({ length: 2500 }, (_, i) => `k/${String(i).padStart(5, "0")}`);
    for (const key of keys) await store.put(key, "");
    const results: string[] = [];
    for await (const { key, error } of store.deleteMany(keys)) {
      expect(error).toBeUndefined();
      results.push(key);
    }
    expect(results).toEqual(keys);
    for await (const left of store.list()) throw new Error(`${left.key} is still there`);
  });

  it("has stores below it whose keys are relative", async () => {
    const store = await memoryStore();
    const sub = store.sub("a/b");
    await sub.put("c", "x");
    expect(sub.uri).toBe(`mem://${NAME}/a/b`);
    expect(await store.text("a/b/c")).toBe("x");
    const keys: string[] = [];
    for await (const { key } of sub.list()) keys.push(key);
    expect(keys).toEqual(["c"]);
  });

  it("ends with `aborted` when its signal has fired", async () => {
    const store = await memoryStore();
    const signal = AbortSignal.abort();
    expect(await failure(store.put("k", "x", { signal }))).toMatchObject({ code: "aborted" });
    expect(await store.exists("k")).toBe(false);
  });
});

describe("ObjectWriter", () => {
  it.each([0, 1, 1023, 1024, 1025, 10_000])("writes %d bytes in parts of 1,024", async (size) => {
    const store = await memoryStore((backend) =>
      changed(backend, { capabilities: { ...backend.capabilities, minPartBytes: 1 } }),
    );
    const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251);
    const writer = store.writable("k", { partSize: 1024 });
    for (let i = 0; i < size; i += 700) await writer.write(bytes.subarray(i, i + 700));
    expect(await store.exists("k")).toBe(false);
    expect((await writer.close()).size).toBe(size);
    expect(await store.bytes("k")).toEqual(bytes);
  });

  it("leaves nothing after abort, and refuses to go on", async () => {
    const store = await memoryStore();
    const writer = store.writable("k", { partSize: 1024 * 1024 });
    await writer.write(new Uint8Array(20 * 1024 * 1024));
    await writer.abort();
    await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(await store.exists("k")).toBe(false);
    for await (const upload of store.listMultiparts()) throw new Error(`${upload.id} is left`);
  });

  it("publishes nothing if a part fails", async () => {
    const store = await memoryStore((backend) =>
      changed(backend, {
        startMultipart: async (key, options) => {
          const upload = await backend.startMultipart(key, options);
          return Object.assign(upload, { putPart: () => Promise.reject(new Error("no")) });
        },
      }),
    );
    const writer = store.writable("k", { partSize: 1024 });
    const written = (async () => {
      for (let i = 0; i < 100; i++) await writer.write(new Uint8Array(1024 * 1024));
      await writer.close();
    })();
    expect(await failure(written)).toMatchObject({ code: "unexpected" });
    await writer.abort();
    expect(await store.exists("k")).toBe(false);
  });
});
