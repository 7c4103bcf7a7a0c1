import { createHash, hash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { hashStretches } from "../../../src/cas/chunking/hash-stretches.js";
import { HashThread } from "../../../src/cas/chunking/hash-thread.js";
import { chunkLengths, hashedChunks } from "../../../src/cas/chunking/index.js";
import { randomBytes } from "./samples.js";

const memory = new Uint8Array(new SharedArrayBuffer(300_000));
memory.set(randomBytes(1, memory.length));
const bounds = [0, 100_000, 100_000, 100_001, 150_000, 300_000];
const expected = hashStretches(hash, memory, bounds);

/** Hashes until the thread does it. */
async function whenThreadHashes(thread: HashThread): Promise<Promise<string[]>[]> {
  for (;;) {
    const hashes = thread.hash(memory, bounds);
    if (hashes instanceof Promise) return [hashes];
    expect(hashes).toEqual(expected);
    await delay(5);
  }
}

describe("the thread that hashes", () => {
  it("gives what is hashed here, in order, and leaves what is too much to the caller", async () => {
    const thread = HashThread.take();
    const jobs = await whenThreadHashes(thread);
    const other = [0, 300_000];
    const second = thread.hash(memory, other);
    expect(second).toBeInstanceOf(Promise);
    expect(thread.hash(memory, bounds)).toEqual(expected);
    expect(await jobs[0]).toEqual(expected);
    expect(await second).toEqual(hashStretches(hash, memory, other));
    thread.release();
  });

  it("is one for all who have it at the same time", () => {
    const first = HashThread.take();
    expect(HashThread.take()).toBe(first);
    first.release();
    expect(HashThread.take()).toBe(first);
    first.release();
    first.release();
    const next = HashThread.take();
    expect(next).not.toBe(first);
    next.release();
  });

  it.each([
    ["ends", "process.exit(3)"],
    ["throws", "throw new Error('no')"],
  ])("leaves its work to the caller if it %s", async (_, statement) => {
    const program = `require("node:worker_threads").parentPort.on("message", () => { ${statement}; })`;
    const worker = new Worker(program, { eval: true });
    const thread = new HashThread(worker);
    await once(worker, "online");
    const jobs = [thread.hash(memory, bounds), thread.hash(memory, bounds)];
    expect(jobs[0]).toBeInstanceOf(Promise);
    expect(await Promise.all(jobs)).toEqual([expected, expected]);
    expect(thread.hash(memory, bounds)).toEqual(expected);
  });

  it("hashes the chunks of a large blob", async () => {
    const piece = randomBytes(2, 3_000_001);
    const whole = createHash("sha256");
    const lengths: number[] = [];
    const seen = createHash("sha256");
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 20; i++) {
        piece[0] = i;
        whole.update(piece);
        yield piece;
      }
    }
    const chunks = hashedChunks(pieces());
    let step = await chunks.next();
    for (; step.done !== true; step = await chunks.next()) {
      const { bytes, hash: name } = step.value;
      expect(hash("sha256", bytes, "hex")).toBe(name);
      lengths.push(bytes.length);
      seen.update(bytes);
    }
    const sha256 = whole.digest("hex");
    expect(step.value).toEqual({ size: 20 * piece.length, sha256 });
    expect(seen.digest("hex")).toBe(sha256);
    piece[0] = 0;
    expect(lengths.slice(0, 20)).toEqual(chunkLengths(piece).slice(0, 20));
  });
});
