import { constants, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../../src/core/index.js";
import type { ReplayableBody } from "../../../../src/storage/backend.js";
import {
  allocateAligned,
  type DirectConfig,
  openDirectBackend,
} from "../../../../src/storage/backends/direct/index.js";
import { type FsCalls, nodeFsCalls } from "../../../../src/storage/local-disk/index.js";
import { keysOf, patternBytes, readAll, temporaryRoot } from "../file/temporary-root.js";

const MIB = 1 << 20;
const bytes = patternBytes(5 * MIB + 12_345);

function streamOf(body: Uint8Array, chunk: number): ReplayableBody {
  return {
    length: body.length,
    async *stream() {
      // The same buffer for every chunk: it is valid only until the next.
      const buffer = new Uint8Array(chunk);
      for (let at = 0; at < body.length; at += chunk) {
        const piece = body.subarray(at, at + chunk);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
      }
    },
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

const invalid = (): Error => Object.assign(new Error("EINVAL: injected"), { code: "EINVAL" });

/** A file system that refuses the flag when a file is opened, as some do. */
const refusesOpen: FsCalls = {
  ...nodeFsCalls,
  async open(path, flags, mode) {
    const fd = await nodeFsCalls.open(path, flags & ~constants.O_DIRECT, mode);
    if ((flags & constants.O_DIRECT) === 0) return fd;
    await nodeFsCalls.close(fd);
    throw invalid();
  },
};

/** One that takes the flag and refuses every direct transfer. */
function refusesTransfers(): FsCalls {
  const direct = new Set<number>();
  return {
    ...nodeFsCalls,
    async open(path, flags, mode) {
      const fd = await nodeFsCalls.open(path, flags, mode);
      if ((flags & constants.O_DIRECT) === 0) direct.delete(fd);
      else direct.add(fd);
      return fd;
    },
    read: (fd, target, at) =>
      direct.has(fd) ? Promise.reject(invalid()) : nodeFsCalls.read(fd, target, at),
    write: (fd, source, at) =>
      direct.has(fd) ? Promise.reject(invalid()) : nodeFsCalls.write(fd, source, at),
  };
}

const setups: Record<string, () => Partial<DirectConfig>> = {
  "as the disk allows": () => ({}),
  "with a pool of one block": () => ({ blockBytes: MIB, poolBytes: MIB, depth: 3 }),
  "with small blocks": () => ({ blockBytes: MIB, depth: 2 }),
  "where O_DIRECT is refused at open": () => ({ fsCalls: refusesOpen }),
  "where transfers are refused": () => ({ fsCalls: refusesTransfers() }),
};

describe.each(Object.entries(setups))("direct %s", (_, setup) => {
  it("stores every length exactly, from arrays, aligned memory and streams", async () => {
    const root = temporaryRoot();
    const store = await openDirectBackend({ root, sync: "none", ...setup() });
    for (const size of [
      0,
      1,
      511,
      4095,
      4096,
      4097,
      MIB - 1,
      MIB,
      MIB + 1,
      4 * MIB,
      bytes.length,
    ]) {
      const wanted = bytes.subarray(0, size);
      const aligned = allocateAligned(Math.max(size, 1)).subarray(0, size);
      aligned.set(wanted);
      const bodies = [wanted, aligned, streamOf(wanted, 70_001), streamOf(wanted, 8192)];
      for (const [index, body] of bodies.entries()) {
        const result = await store.put(`d/${index}`, body);
        expect(result).toMatchObject({ size, crc32c: crc32c(wanted) });
        expect(statSync(join(root, `d/${index}`)).size).toBe(size);
        const there = sameBytes(readFileSync(join(root, `d/${index}`)), wanted);
        expect(there, `body ${index} of ${size} bytes`).toBe(true);
      }
      expect(sameBytes(await readAll(store, "d/0"), wanted)).toBe(true);
    }
    expect(store.uri).toBe(`direct://${root}`);
    expect(await keysOf(store)).toEqual(["d/0", "d/1", "d/2", "d/3"]);
    await store.close();
  }, 30_000);

  it("reads every range, into aligned and other memory", async () => {
    const store = await openDirectBackend({ root: temporaryRoot(), sync: "none", ...setup() });
    await store.put("k", bytes);
    const edge = fc.oneof(
      fc.integer({ min: 0, max: bytes.length }),
      fc.integer({ min: 0, max: Math.floor(bytes.length / 4096) }).map((page) => page * 4096),
    );
    const memory = allocateAligned(bytes.length + 4096);
    const range = fc.tuple(edge, edge, fc.constantFrom(0, 4096, 100), fc.boolean());
    const property = fc.asyncProperty(range, async ([a, b, offset, aligned]) => {
      fc.pre(a !== b);
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      const wanted = bytes.subarray(start, end);
      const target = aligned
        ? memory.subarray(Math.min(offset, 4096), Math.min(offset, 4096) + end - start)
        : new Uint8Array(end - start);
      target.fill(0xee);
      const { bytesRead } = await store.readInto("k", { start, end }, target);
      expect(bytesRead).toBe(end - start);
      expect(sameBytes(target, wanted)).toBe(true);
      const chunks: Buffer[] = [];
      for await (const chunk of (await store.get("k", { range: { start, end } })).body) {
        chunks.push(Buffer.from(chunk));
      }
      expect(sameBytes(Buffer.concat(chunks), wanted)).toBe(true);
    });
    await fc.assert(property, { numRuns: 25 });
    await store.close();
  }, 60_000);

  it.each([2 * MIB, 1_000_001])("takes parts of %i bytes at once", async (partSize) => {
    const store = await openDirectBackend({ root: temporaryRoot(), sync: "none", ...setup() });
    const upload = await store.startMultipart("k", { partSize });
    const count = Math.ceil(bytes.length / partSize);
    const numbers = Array.from({ length: count }, (_, index) => index + 1).reverse();
    await Promise.all(
      numbers.map((n) => upload.putPart(n, bytes.subarray((n - 1) * partSize, n * partSize))),
    );
    expect(await upload.complete()).toMatchObject({ size: bytes.length, crc32c: crc32c(bytes) });
    expect(sameBytes(await readAll(store, "k"), bytes)).toBe(true);
    await store.close();
  });

  it("copies from itself to itself with many at once, in bounded memory", async () => {
    const store = await openDirectBackend({ root: temporaryRoot(), sync: "none", ...setup() });
    await store.put("k", bytes);
    const copy = async (n: number): Promise<void> => {
      const stream = async function* (): AsyncGenerator<Uint8Array> {
        yield* (await store.get("k")).body;
      };
      await store.put(`copy/${n}`, { length: bytes.length, stream });
      expect(sameBytes(await readAll(store, `copy/${n}`), bytes)).toBe(true);
    };
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(copy));
    await store.close();
  }, 60_000);
});

describe("fallback", () => {
  it.each([
    ["at open", () => refusesOpen],
    ["at the first transfer", refusesTransfers],
  ])("is told once when O_DIRECT is refused %s", async (_, calls) => {
    const warnings: string[] = [];
    const root = temporaryRoot();
    const store = await openDirectBackend({
      root,
      fsCalls: calls(),
      onWarning: ({ code, message }) => warnings.push(`${code}: ${message}`),
    });
    expect(store.mode).toBe("direct");
    await store.put("a", bytes);
    await store.put("b", bytes);
    expect(store.mode).toBe("buffered");
    expect(store.uri).toBe(`direct://${root}`);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/^direct-fallback: direct:\/\/.*page cache/);
  });

  it("is not taken for a folder or a device", async () => {
    const root = temporaryRoot();
    const store = await openDirectBackend({ root });
    await store.put("d/k", bytes);
    await expect(store.get("d")).rejects.toMatchObject({ code: "not-found" });
    expect(store.mode).toBe("direct");
    const devices = await openDirectBackend({ root: "/dev" });
    await expect(devices.get("null")).rejects.toMatchObject({ code: "invalid-key" });
    expect(devices.mode).toBe("direct");
  });

  it("does not happen on this disk: whole blocks are written and read with O_DIRECT", async () => {
    const opened: number[] = [];
    const calls: FsCalls = {
      ...nodeFsCalls,
      async open(path, flags, mode) {
        if (path.includes("lode-test-")) opened.push(flags & constants.O_DIRECT);
        return nodeFsCalls.open(path, flags, mode);
      },
    };
    const store = await openDirectBackend({ root: temporaryRoot(), sync: "none", fsCalls: calls });
    await store.put("k", bytes);
    await readAll(store, "k");
    expect(opened).toEqual([constants.O_DIRECT, constants.O_DIRECT]);
    expect(store.mode).toBe("direct");
  });
});

describe("configuration", () => {
  it("refuses sizes that cannot work", async () => {
    const bad = [
      { blockBytes: 4096 },
      { blockBytes: MIB + 1 },
      { blockBytes: 32 * MIB },
      { depth: 0 },
      { poolBytes: MIB },
      { root: "relative" },
    ];
    for (const config of bad) {
      await expect(openDirectBackend({ root: "/x", ...config })).rejects.toMatchObject({
        code: "invalid-config",
      });
    }
  });
});
