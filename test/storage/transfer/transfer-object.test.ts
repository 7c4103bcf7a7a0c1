import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { crc32c } from "../../../src/core/index.js";
import { LodeError } from "../../../src/errors.js";
import type { Backend } from "../../../src/storage/backend.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { openStore } from "../../../src/storage/registry.js";
import {
  BufferPool,
  finishTransfer,
  moveObject,
  throwIfFailed,
  transferObject,
  transferTree,
} from "../../../src/storage/transfer/index.js";
import {
  dropStores,
  keysOf,
  memoryStore,
  noise,
  override,
  pendingOf,
  recordCalls,
  run,
} from "./stores.js";

afterEach(dropStores);

const KIB = 1024;
const SMALL = { partSize: 64 * KIB, multipartThreshold: 128 * KIB };

/** A target that says it cannot do some things. */
function lacking(gaps: Partial<Backend["capabilities"]>) {
  return override((inner) => ({ capabilities: { ...inner.capabilities, ...gaps } }));
}

async function copy(
  source: ObjectStore,
  target: ObjectStore,
  options: Partial<Parameters<typeof transferObject>[0]> = {},
) {
  return run(
    transferObject({
      source: { store: source, key: "from" },
      target: { store: target, key: "to" },
      ...SMALL,
      ...options,
    }),
  );
}

describe("transferObject", () => {
  const P = SMALL.partSize;
  const T = SMALL.multipartThreshold;
  it.each([0, 1, P - 1, P, P + 1, 2 * P - 1, T, T + 1, 3 * P - 1, 3 * P, 3 * P + 1, 10 * P + 7])(
    "copies %i bytes",
    async (size) => {
      const source = await memoryStore();
      const target = await memoryStore();
      const bytes = noise(size);
      await source.put("from", bytes, { contentType: "text/x", metadata: { a: "b" } });
      const { items, summary, thrown } = await copy(source, target, { verify: "read-back" });
      expect(thrown).toBeUndefined();
      throwIfFailed(summary);
      expect(Buffer.from(await target.bytes("to")).equals(bytes)).toBe(true);
      expect(await target.head("to")).toMatchObject({
        contentType: "text/x",
        metadata: { a: "b" },
      });
      expect(items).toEqual([
        expect.objectContaining({
          status: "done",
          bytes: size,
          crc32c: crc32c(bytes),
          method: size > T ? "multipart" : "put",
        }),
      ]);
      expect(summary).toMatchObject({ copied: 1, failed: 0, bytes: size, aborted: false });
      expect(await pendingOf(target)).toEqual([]);
    },
  );

  it("asks for a small object with one get and one put, and nothing else", async () => {
    const log: string[] = [];
    const source = await memoryStore(recordCalls(log));
    const target = await memoryStore(recordCalls(log));
    await source.put("from", "small");
    log.length = 0;
    await finishTransfer(
      transferObject({
        source: { store: source, key: "from" },
        target: { store: target, key: "to" },
      }),
    );
    expect(log).toEqual(["readInto", "put"]);
  });

  it("reads each byte of a large object once and never heads", async () => {
    const log: string[] = [];
    let read = 0;
    const source = await memoryStore(
      recordCalls(log),
      override((inner) => ({
        async readInto(...args) {
          const result = await inner.readInto!(...args);
          read += result.bytesRead;
          return result;
        },
      })),
    );
    const target = await memoryStore();
    await source.put("from", noise(10 * P + 3));
    log.length = 0;
    await copy(source, target);
    expect(read).toBe(10 * P + 3);
    expect(new Set(log)).toEqual(new Set(["readInto"]));
  });

  it("copies on the server within one store", async () => {
    const log: string[] = [];
    const store = await memoryStore(recordCalls(log));
    await store.put("from", noise(P));
    log.length = 0;
    const { items } = await copy(store, store);
    expect(log).toEqual(["copy"]);
    expect(items[0]).toMatchObject({ method: "server-copy", bytes: P });
  });

  it("streams to a target that takes no parts", async () => {
    const source = await memoryStore();
    const target = await memoryStore(lacking({ multipart: false }));
    const bytes = noise(5 * P + 1);
    await source.put("from", bytes);
    const { items, summary } = await copy(source, target, { verify: "read-back" });
    throwIfFailed(summary);
    expect(items[0]).toMatchObject({ method: "put", crc32c: crc32c(bytes) });
    expect(summary.bytes).toBe(bytes.length);
    expect(Buffer.from(await target.bytes("to")).equals(bytes)).toBe(true);
  });

  it("raises the part size where the target takes few parts", async () => {
    const source = await memoryStore();
    const target = await memoryStore(lacking({ maxParts: 3 }));
    const bytes = noise(4 * 1024 * KIB + 1);
    await source.put("from", bytes);
    const { summary } = await copy(source, target);
    throwIfFailed(summary);
    expect(Buffer.from(await target.bytes("to")).equals(bytes)).toBe(true);
  });

  it("keeps within its memory", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    const pool = new BufferPool(256 * KIB);
    let most = 0;
    const watched = source.with(
      override((inner) => ({
        readInto(...args) {
          most = Math.max(most, pool.inUse);
          return inner.readInto!(...args);
        },
      })),
    );
    await source.put("from", noise(64 * P));
    const { summary } = await copy(watched, target, { pool, partConcurrency: 50 });
    throwIfFailed(summary);
    expect(most).toBeGreaterThan(P);
    expect(most).toBeLessThanOrEqual(256 * KIB);
    expect(pool.inUse).toBe(0);
  });

  it("goes on, one at a time, with parts larger than its memory", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(6 * P));
    const { summary } = await copy(source, target, { memoryLimit: 10 * KIB });
    throwIfFailed(summary);
    expect(await target.head("to")).toMatchObject({ size: 6 * P });
  });

  it("tells a missing source by its own code", async () => {
    const { summary } = await copy(await memoryStore(), await memoryStore());
    expect(summary).toMatchObject({ copied: 0, failed: 1 });
    expect(() => throwIfFailed(summary)).toThrowError(
      expect.objectContaining({ code: "not-found" }),
    );
  });

  it("changes nothing in a dry run", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(3 * P));
    const { items, summary } = await copy(source, target, { dryRun: true });
    expect(items).toEqual([expect.objectContaining({ status: "planned", bytes: 3 * P })]);
    expect(summary).toMatchObject({ dryRun: true, planned: 1, copied: 0 });
    expect(await keysOf(target)).toEqual([]);
  });

  it.each([1, 3 * P])("create, skip and ifMatch keep what is there (%i bytes)", async (size) => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(size));
    const { etag } = await target.put("to", "old");
    const created = await copy(source, target, { mode: "create" });
    expect(created.summary.failures[0]?.error.code).toBe("already-exists");
    const skipped = await copy(source, target, { mode: "skip" });
    expect(skipped.items[0]).toMatchObject({ status: "skipped", reason: "exists" });
    const unmatched = await copy(source, target, { mode: { ifMatch: "other" } });
    expect(unmatched.summary.failures[0]?.error.code).toBe("precondition-failed");
    expect(await target.text("to")).toBe("old");
    expect(await pendingOf(target)).toEqual([]);
    throwIfFailed((await copy(source, target, { mode: { ifMatch: etag } })).summary);
    expect((await target.head("to")).size).toBe(size);
  });

  it("never mixes versions of an object that is replaced while it is read", async () => {
    const target = await memoryStore();
    const plain = await memoryStore();
    await plain.put("from", noise(8 * P, 1));
    let replacements = 0;
    function replacing(times: number): ObjectStore {
      replacements = 0;
      return plain.with(
        override((inner) => ({
          async readInto(key, range, into, options) {
            const result = await inner.readInto!(key, range, into, options);
            if (range.start === 0 && replacements++ < times) {
              await plain.put("from", noise(8 * P, 10 + replacements));
            }
            return result;
          },
        })),
      );
    }
    const once = await copy(replacing(1), target);
    throwIfFailed(once.summary);
    expect(once.warnings.map(({ code }) => code)).toEqual(["restarted"]);
    expect(once.summary.bytes).toBe(8 * P);
    expect(Buffer.from(await target.bytes("to")).equals(noise(8 * P, 11))).toBe(true);

    const always = await copy(replacing(99), target);
    expect(always.summary.failures[0]?.error).toMatchObject({
      code: "precondition-failed",
      details: { sourceChanged: true },
    });
    expect(await pendingOf(target)).toEqual([]);
    expect(Buffer.from(await target.bytes("to")).equals(noise(8 * P, 11))).toBe(true);
  });

  /** Flips a bit of what is read, in the first `times` reads that are asked for. */
  function flipReads(times: number) {
    let flips = 0;
    return override((inner) => ({
      async readInto(key, range, into, options) {
        const result = await inner.readInto!(key, range, into, options);
        if (range.start >= P && flips++ < times) into[5]! ^= 4;
        return result;
      },
    }));
  }

  it("notices a byte flipped on the way in, tries again, then gives up", async () => {
    const plain = await memoryStore();
    const target = await memoryStore();
    const bytes = noise(8 * P);
    await plain.put("from", bytes);
    const once = await copy(plain.with(flipReads(1)), target);
    throwIfFailed(once.summary);
    expect(once.warnings.map(({ code }) => code)).toEqual(["restarted"]);
    expect(Buffer.from(await target.bytes("to")).equals(bytes)).toBe(true);
    await target.delete("to");
    const always = await copy(plain.with(flipReads(99)), target);
    expect(always.summary.failures[0]?.error).toMatchObject({
      code: "integrity",
      retry: "exhausted",
    });
    expect(await keysOf(target)).toEqual([]);
    expect(await pendingOf(target)).toEqual([]);
  });

  it.each([P, 8 * P])("notices a byte flipped on the way out (%i bytes)", async (size) => {
    const source = await memoryStore();
    const bytes = noise(size);
    await source.put("from", bytes);
    const plain = await memoryStore();
    function flipWrites(times: number) {
      let flips = 0;
      const damage = (sent: Uint8Array): Uint8Array => {
        if (flips++ >= times) return sent;
        const changed = Uint8Array.from(sent);
        changed[7]! ^= 1;
        return changed;
      };
      return override((inner) => ({
        put: (key, body, options) => inner.put(key, damage(body as Uint8Array), options),
        async startMultipart(key, options) {
          const upload = await inner.startMultipart(key, options);
          const putPart = upload.putPart.bind(upload);
          upload.putPart = (number, sent, more) => putPart(number, damage(sent), more);
          return upload;
        },
      }));
    }
    const once = await copy(source, plain.with(flipWrites(1)));
    throwIfFailed(once.summary);
    expect(Buffer.from(await plain.bytes("to")).equals(bytes)).toBe(true);
    await plain.delete("to");
    const always = await copy(source, plain.with(flipWrites(999)));
    expect(always.summary.failures[0]?.error.code).toBe("integrity");
    expect(await keysOf(plain)).toEqual([]);
    expect(await pendingOf(plain)).toEqual([]);
  });

  it("read-back notices what the target has spoilt", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(P));
    const spoiling = target.with(
      override((inner) => ({
        async put(key, body) {
          const changed = Uint8Array.from(body as Uint8Array);
          changed[0]! ^= 1;
          const { crc32c: _, ...result } = await inner.put(key, changed);
          return result;
        },
      })),
    );
    throwIfFailed((await copy(source, spoiling)).summary);
    const { summary } = await copy(source, spoiling, { verify: "read-back" });
    expect(summary.failures[0]?.error.code).toBe("integrity");
  });

  it("leaves nothing when it is aborted in the middle", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(40 * P));
    const controller = new AbortController();
    const pool = new BufferPool(8 * P);
    let parts = 0;
    const aborting = source.with(
      override((inner) => ({
        readInto(...args) {
          if (++parts === 6) controller.abort();
          return inner.readInto!(...args);
        },
      })),
    );
    const { summary, thrown } = await copy(aborting, target, { signal: controller.signal, pool });
    expect(thrown).toMatchObject({ code: "aborted" });
    expect(summary).toMatchObject({ aborted: true, failed: 0, copied: 0 });
    expect(await keysOf(target)).toEqual([]);
    expect(await pendingOf(target)).toEqual([]);
    expect(pool.inUse).toBe(0);
  });

  it("cleans up when the reader of its events leaves", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(40 * P));
    const slow = source.with(
      override((inner) => ({
        async readInto(...args) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return inner.readInto!(...args);
        },
      })),
    );
    const events = transferObject({
      source: { store: slow, key: "from" },
      target: { store: target, key: "to" },
      ...SMALL,
      progressInterval: 0,
    });
    for await (const event of events) if (event.type === "progress") break;
    expect(await keysOf(target)).toEqual([]);
    expect(await pendingOf(target)).toEqual([]);
  });

  it("tells plan, progress and summary", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("from", noise(10 * P));
    const { events } = await copy(source, target, { progressInterval: 0 });
    const plans = events.filter((event) => event.type === "plan");
    expect(plans.at(-1)).toEqual({ type: "plan", objects: 1, bytes: 10 * P, final: true });
    const progress = events.filter((event) => event.type === "progress");
    expect(progress.at(-1)).toMatchObject({ bytes: 10 * P, objects: 1, totalBytes: 10 * P });
    const bytes = progress.map((event) => event.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    expect(events.at(-1)?.type).toBe("summary");
  });

  it("refuses to copy a memory object onto itself", async () => {
    const store = await memoryStore();
    await store.put("from", "x");
    const { summary } = await run(
      transferObject({ source: { store, key: "from" }, target: { store, key: "from" } }),
    );
    expect(summary.failures[0]?.error.code).toBe("invalid-argument");
  });

  it.each([{ partSize: 0 }, { concurrency: -1 }, { memoryLimit: 0.5 }])(
    "refuses %j",
    async (options) => {
      const { thrown } = await copy(await memoryStore(), await memoryStore(), options);
      expect(thrown).toMatchObject({ code: "invalid-argument" });
    },
  );
});

describe("a target that keeps less than its source", () => {
  it.each([
    ["text/csv", ["content-type-dropped"]],
    ["application/octet-stream", []],
    ["binary/octet-stream", []],
  ])("tells once that %s is lost, if anybody had chosen it", async (contentType, codes) => {
    const source = await memoryStore();
    const target = await memoryStore(lacking({ contentType: false }));
    for (const name of ["a", "b"]) await source.put(name, name, { contentType });
    const { warnings, summary } = await run(
      transferTree({ source: { store: source }, target: { store: target } }),
    );
    throwIfFailed(summary);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    expect((await target.head("b")).contentType).toBeUndefined();
  });
});

describe("moveObject", () => {
  it.each(["renames", "copies and removes"])("%s", async (how) => {
    const store = await memoryStore(
      how === "renames" ? (inner) => inner : lacking({ rename: false }),
    );
    await store.put("from", "x");
    const { items, summary } = await run(
      moveObject({ source: { store, key: "from" }, target: { store, key: "to" } }),
    );
    throwIfFailed(summary);
    expect(items[0]?.method).toBe(how === "renames" ? "rename" : "server-copy");
    expect(await keysOf(store)).toEqual(["to"]);
  });

  it("copies and removes where the file system cannot rename across a mount point", async () => {
    const across = new LodeError({
      code: "unsupported",
      message: "its folder lies on another file system",
      details: { errno: "EXDEV" },
    });
    const store = await memoryStore(
      override(() => ({
        rename() {
          throw across;
        },
      })),
    );
    await store.put("from", "x");
    const { items, summary } = await run(
      moveObject({ source: { store, key: "from" }, target: { store, key: "to" } }),
    );
    throwIfFailed(summary);
    expect(items[0]?.method).toBe("server-copy");
    expect(await keysOf(store)).toEqual(["to"]);
  });

  it.skipIf(!existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync(tmpdir()).dev)(
    "moves between the disk and /dev/shm within one file store",
    async () => {
      const from = mkdtempSync(join(tmpdir(), "lode-move-"));
      const to = mkdtempSync("/dev/shm/lode-move-");
      const store = await openStore("file:///");
      try {
        writeFileSync(join(from, "a"), "across");
        const moved = moveObject({
          source: { store, key: `${from.slice(1)}/a` },
          target: { store, key: `${to.slice(1)}/a` },
        });
        throwIfFailed(await finishTransfer(moved));
        expect(readFileSync(join(to, "a"), "utf8")).toBe("across");
        expect(existsSync(join(from, "a"))).toBe(false);
      } finally {
        await store.close();
        rmSync(from, { recursive: true, force: true });
        rmSync(to, { recursive: true, force: true });
      }
    },
  );

  it("moves between stores", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    const bytes = noise(300 * KIB);
    await source.put("from", bytes);
    const moved = moveObject({
      source: { store: source, key: "from" },
      target: { store: target, key: "to" },
      ...SMALL,
    });
    await finishTransfer(moved);
    expect(await keysOf(source)).toEqual([]);
    const hash = createHash("sha256")
      .update(await target.bytes("to"))
      .digest("hex");
    expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it("keeps a source that was written after it was copied", async () => {
    const plain = await memoryStore();
    const target = await memoryStore();
    await plain.put("from", "old");
    const source = plain.with(
      override((inner) => ({
        async readInto(...args) {
          const result = await inner.readInto!(...args);
          await plain.put("from", "new");
          return result;
        },
      })),
    );
    const { summary } = await run(
      moveObject({ source: { store: source, key: "from" }, target: { store: target, key: "to" } }),
    );
    expect(summary.failures[0]?.error.code).toBe("precondition-failed");
    expect(await plain.text("from")).toBe("new");
  });
});
