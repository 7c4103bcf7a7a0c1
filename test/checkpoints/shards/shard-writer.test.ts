import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ShardReader, ShardWriter, writeShard } from "../../../src/checkpoints/shards/index.js";
import { crc32c } from "../../../src/core/index.js";
import { LodeError } from "../../../src/errors.js";
import type { Backend, Layer, PutPartOptions } from "../../../src/storage/backend.js";
import type { Capabilities, ObjectStore } from "../../../src/storage/index.js";
import { type Fault, type FaultCall, fault } from "../../../src/storage/layers/index.js";
import { overlay } from "../../../src/storage/layers/intercept.js";
import { type CheckpointPlace, diskPlace, keysOf, memoryPlace, uploadsOf } from "../places.js";
import { inChunks, inPieces, sameBytes, sampleContent } from "./sample-content.js";

const TARGET = { rank: 0, key: "shards/rank-0.bin" };
const OPTIONS = { blockSize: 1000 };

let place: CheckpointPlace;
let store: ObjectStore;

async function use(make: () => Promise<CheckpointPlace>): Promise<void> {
  place = await make();
  store = await place.open();
}

beforeEach(() => use(memoryPlace));
afterEach(async () => {
  await store.close();
  await place.drop();
});

interface SentPart {
  readonly bytes: Uint8Array;
  readonly options: PutPartOptions | undefined;
}

/** A store with other limits, and what parts it was sent. */
function limited(changes: Partial<Capabilities>, parts: SentPart[] = []): Layer {
  return (inner: Backend) => {
    const layer = overlay(inner, {
      async startMultipart(key, options) {
        const upload = await inner.startMultipart(key, options);
        const put = upload.putPart.bind(upload);
        upload.putPart = async (number, bytes, partOptions) => {
          parts[number - 1] = { bytes, options: partOptions };
          return put(number, bytes, partOptions);
        };
        return upload;
      },
    });
    Object.defineProperty(layer, "capabilities", { value: { ...inner.capabilities, ...changes } });
    return layer;
  };
}

function failing(decide: (call: FaultCall) => boolean, what?: Fault): Layer {
  const error = { code: "permission-denied", retry: "never" } as const;
  const refused: Fault = what ?? { kind: "error", when: "before", error };
  return fault({ script: (call) => (decide(call) ? refused : undefined) });
}

describe("a shard in memory", () => {
  it("is sent without a copy, in parts of one block", async () => {
    const parts: SentPart[] = [];
    const bytes = sampleContent("random", 5300, 1);
    await writeShard(store.with(limited({}, parts)), TARGET, bytes, OPTIONS);
    expect(parts.map((part) => part.bytes.length)).toEqual([1000, 1000, 1000, 1000, 1000, 300]);
    for (const [i, part] of parts.entries()) {
      expect(part.bytes.buffer).toBe(bytes.buffer);
      expect(part.bytes.byteOffset).toBe(i * 1000);
    }
  });

  it("in pieces is copied only where a part crosses a border", async () => {
    const parts: SentPart[] = [];
    const bytes = sampleContent("random", 5000, 1);
    const pieces = [bytes.subarray(0, 1500), bytes.subarray(1500, 3000), bytes.subarray(3000)];
    await writeShard(store.with(limited({}, parts)), TARGET, pieces, OPTIONS);
    const isView = parts.map((part) => part.bytes.buffer === bytes.buffer);
    expect(isView).toEqual([true, false, true, true, true]);
  });

  it("that fits into one part is one put", async () => {
    const parts: SentPart[] = [];
    for (const [key, size] of [
      ["a", 0],
      ["b", 1],
      ["c", 1000],
    ] as const) {
      const bytes = sampleContent("random", size, 1);
      const target = { rank: 0, key };
      const meta = await writeShard(store.with(limited({}, parts)), target, bytes, OPTIONS);
      expect(meta.size).toBe(size);
      const writer = await ShardWriter.open(store, { rank: 0, key: `${key}-stream` }, OPTIONS);
      await writer.write(bytes);
      expect(writer.bytesWritten).toBe(size);
      expect(await writer.close()).toMatchObject({ size, checksum: meta.checksum });
    }
    expect(parts).toEqual([]);
  });
});

describe("the store's limits", () => {
  it("are kept by any shard, and blocks stay what they were", async () => {
    const limits = fc.record({
      minPartBytes: fc.integer({ min: 1, max: 5000 }),
      maxParts: fc.integer({ min: 40, max: 60 }),
    });
    const cases = fc.record({
      limits,
      size: fc.nat({ max: 120_000 }),
      kind: fc.constantFrom("random" as const, "mixed" as const),
      level: fc.constantFrom(undefined, 1),
      streamed: fc.boolean(),
    });
    let shards = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ limits: changes, size, kind, level, streamed }) => {
        const parts: SentPart[] = [];
        const bytes = sampleContent(kind, size, 3);
        const narrow = store.with(limited(changes, parts));
        const target = { rank: 0, key: `shards/${shards++}.bin` };
        const source = streamed ? inChunks(bytes, 3000) : inPieces(bytes, 3000);
        const options = { ...OPTIONS, compressionLevel: level };
        const meta = await writeShard(narrow, target, source, options);
        expect(parts.length).toBeLessThanOrEqual(changes.maxParts);
        const sizes = parts.map((part) => part.bytes.length);
        for (const part of sizes.slice(0, -1)) {
          expect(part).toBeGreaterThanOrEqual(changes.minPartBytes);
          if (!streamed) expect(part).toBe(sizes[0]);
        }
        expect(meta.blocks?.blockSize).toBe(1000);
        expect(meta.blocks?.blockCrc32c.length).toBe(Math.ceil(size / 1000));
        expect(sameBytes(await new ShardReader(store, meta).bytes(), bytes)).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  it("let a checksum of several blocks be computed once", async () => {
    const parts: SentPart[] = [];
    const bytes = sampleContent("random", 9000, 3);
    await writeShard(store.with(limited({ minPartBytes: 2500 }, parts)), TARGET, bytes, OPTIONS);
    expect(parts.map((part) => part.bytes.length)).toEqual([3000, 3000, 3000]);
    for (const { bytes: part, options } of parts) expect(options?.crc32c).toBe(crc32c(part));
  });
});

describe.each([
  ["mem", memoryPlace],
  ["file", () => diskPlace("file")],
] as const)("a shard on %s", (_scheme, make) => {
  beforeEach(() => use(make));

  it("is never replaced", async () => {
    for (const size of [500, 5000]) {
      const target = { rank: 0, key: `taken-${size}.bin` };
      const bytes = sampleContent("random", size, 1);
      await writeShard(store, target, bytes, OPTIONS);
      const other = sampleContent("random", size, 2);
      const stores = [
        store,
        store.with(limited({ multipartConditional: false, putIfAbsent: false })),
      ];
      for (const one of stores) {
        await expect(writeShard(one, target, other, OPTIONS)).rejects.toMatchObject({
          code: "already-exists",
        });
      }
      expect(sameBytes(await store.bytes(target.key), bytes)).toBe(true);
    }
    expect(await uploadsOf(store)).toEqual([]);
  });

  it("leaves nothing where any call fails", async () => {
    const bytes = sampleContent("mixed", 9300, 1);
    const lines = ["start-multipart", "put-part", "complete"] as const;
    for (const operation of lines) {
      for (const compressionLevel of [undefined, 1]) {
        for (const source of [bytes, () => inChunks(bytes, 700)]) {
          let calls = 0;
          const one = store.with(
            failing(
              (call) =>
                call.operation === operation && ++calls === (operation === "put-part" ? 3 : 1),
            ),
          );
          const options = { blockSize: 1000, concurrency: 2, compressionLevel };
          const given = typeof source === "function" ? source() : source;
          await expect(writeShard(one, TARGET, given, options)).rejects.toMatchObject({
            code: "permission-denied",
          });
          expect(calls).toBeGreaterThan(0);
          expect(await keysOf(store)).toEqual([]);
          expect(await uploadsOf(store)).toEqual([]);
        }
      }
    }
  });

  it("leaves nothing where its source fails, or the signal fires", async () => {
    const bytes = sampleContent("mixed", 30_000, 1);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* inChunks(bytes, 2000);
      throw new LodeError({ code: "connection", message: "the source broke" });
    }
    await expect(writeShard(store, TARGET, broken(), OPTIONS)).rejects.toMatchObject({
      code: "connection",
    });
    for (const compressionLevel of [undefined, 1]) {
      for (let calls = 1; calls <= 12; calls += 3) {
        const controller = new AbortController();
        let seen = 0;
        const watching = store.with(
          failing((call) => {
            if (call.operation !== "put-part" && call.operation !== "complete") return false;
            if (++seen === calls) controller.abort();
            return false;
          }),
        );
        const { signal } = controller;
        const options = { ...OPTIONS, compressionLevel, signal, concurrency: 3 };
        await expect(writeShard(watching, TARGET, bytes, options)).rejects.toMatchObject({
          code: "aborted",
        });
      }
    }
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    const signal = AbortSignal.timeout(20);
    await expect(writeShard(store, TARGET, never, { signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await keysOf(store)).toEqual([]);
    expect(await uploadsOf(store)).toEqual([]);
  });

  it("is not seen before it is whole, nor after it was given up", async () => {
    const writer = await ShardWriter.open(store, TARGET, OPTIONS);
    for await (const chunk of inChunks(sampleContent("random", 8000, 1), 900)) {
      await writer.write(chunk);
    }
    expect(await keysOf(store)).toEqual([]);
    await writer.abort();
    await writer.abort();
    expect(await keysOf(store)).toEqual([]);
    expect(await uploadsOf(store)).toEqual([]);
    await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(writer.close()).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("a writer that has failed", () => {
  it("tells the same again and keeps nothing", async () => {
    const one = store.with(failing((call) => call.operation === "put-part"));
    const writer = await ShardWriter.open(one, TARGET, { ...OPTIONS, concurrency: 1 });
    const write = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(1000));
    };
    await expect(write()).rejects.toMatchObject({ code: "permission-denied" });
    await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({
      code: "permission-denied",
    });
    await expect(writer.close()).rejects.toMatchObject({ code: "permission-denied" });
    expect(await uploadsOf(store)).toEqual([]);
  });

  it("tells too where its upload could not be given up", async () => {
    const one = store.with(
      failing(({ operation }) => operation === "put-part" || operation === "abort"),
    );
    const bytes = sampleContent("random", 5000, 1);
    await expect(writeShard(one, TARGET, bytes, OPTIONS)).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringContaining("an unfinished upload is left"),
    });
  });

  it("removes what the store has damaged", async () => {
    const lying: Layer = (inner) =>
      overlay(inner, {
        async put(key, body, options) {
          const result = await inner.put(key, body, options);
          return { ...result, size: result.size - 1 };
        },
      });
    await expect(
      writeShard(store.with(lying), TARGET, new Uint8Array(10), OPTIONS),
    ).rejects.toMatchObject({ code: "integrity" });
    expect(await keysOf(store)).toEqual([]);
  });
});

describe("options", () => {
  it.each([
    { blockSize: 0 },
    { blockSize: 1.5 },
    { concurrency: 0 },
    { compressionLevel: 0 },
    { compressionLevel: 23 },
  ])("that cannot be meant are refused: %o", async (options) => {
    await expect(writeShard(store, TARGET, new Uint8Array(1), options)).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(ShardWriter.open(store, TARGET, options)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("of a reader that cannot be meant are refused", async () => {
    const meta = await writeShard(store, TARGET, new Uint8Array(10));
    expect(() => new ShardReader(store, meta, { concurrency: 0 })).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    const reader = new ShardReader(store, meta);
    await expect(reader.readInto(new Uint8Array(9))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("stop a reader when the signal fires", async () => {
    const meta = await writeShard(store, TARGET, sampleContent("random", 9000, 1), OPTIONS);
    const controller = new AbortController();
    const reader = new ShardReader(store, meta, { signal: controller.signal });
    const chunks = reader.stream();
    await chunks.next();
    controller.abort();
    await expect(chunks.next()).rejects.toMatchObject({ code: "aborted" });
    await expect(reader.bytes()).rejects.toMatchObject({ code: "aborted" });
  });
});
