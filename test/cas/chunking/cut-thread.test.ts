import { createHash, hash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { AreaFiller } from "../../../src/cas/chunking/area-filler.js";
import {
  type CutState,
  type Cuts,
  cutStretch,
  PARAMETERS,
  type Stretch,
} from "../../../src/cas/chunking/cut-stretch.js";
import { CutThread, type ThreadStream } from "../../../src/cas/chunking/cut-thread.js";
import { GearMemory } from "../../../src/cas/chunking/gear-memory.js";
import { chunkLengths, hashedChunks } from "../../../src/cas/chunking/index.js";
import { randomBytes } from "./samples.js";

const STRETCHES = 4;

/** Bytes of a stream that fill some areas, with an end of a part in each, and how they are cut here. */
function filled(): { memory: GearMemory; state: CutState; stretches: Stretch[]; expected: Cuts[] } {
  const memory = GearMemory.take();
  const filler = new AreaFiller(memory);
  const begin = (): CutState => {
    const start = memory.areaStart(0);
    return { start, end: start, scanned: 0 };
  };
  const stretches: Stretch[] = [];
  for (let i = 0; i < STRETCHES; i++) {
    filler.add(randomBytes(2 * i, 200_000));
    filler.endPart();
    filler.add(randomBytes(2 * i + 1, filler.room));
    stretches.push(filler.take());
  }
  const { bytes, find } = memory;
  const state = begin();
  const tools = { find, sha256: hash, ...PARAMETERS };
  const expected = stretches.map((stretch) => cutStretch(tools, bytes, state, stretch));
  return { memory, state: begin(), stretches, expected };
}

async function whenReady(thread: CutThread, memory: GearMemory, state: CutState) {
  for (;;) {
    const stream = thread.begin(memory, state);
    if (stream !== undefined) return stream;
    await delay(5);
  }
}

function cutAll(stream: ThreadStream, stretches: readonly Stretch[]): Promise<Cuts[]> {
  return Promise.all(stretches.map((stretch) => stream.cut(stretch)));
}

describe("the thread that cuts", () => {
  it("gives what is cut here, in order, and leaves what is too much to the caller", async () => {
    const thread = CutThread.take();
    const one = filled();
    const other = filled();
    const stream = await whenReady(thread, one.memory, one.state);
    const second = thread.begin(other.memory, other.state)!;
    const cuts = [cutAll(stream, one.stretches), cutAll(second, other.stretches)];
    expect(thread.begin(other.memory, other.state)).toBeUndefined();
    expect(await cuts[0]).toEqual(one.expected);
    expect(await cuts[1]).toEqual(other.expected);
    stream.end();
    second.end();
    thread.release();
  });

  it("takes a stream over in the middle of a chunk", async () => {
    const thread = CutThread.take();
    const { memory, state, stretches, expected } = filled();
    const { find, bytes } = memory;
    const tools = { find, sha256: hash, ...PARAMETERS };
    const [first, ...rest] = stretches as [Stretch, ...Stretch[]];
    await whenReady(thread, memory, state);
    const cuts = [cutStretch(tools, bytes, state, first)];
    expect(state.start).toBeLessThan(state.end);
    const stream = await whenReady(thread, memory, state);
    cuts.push(...(await cutAll(stream, rest)));
    expect(cuts).toEqual(expected);
    thread.release();
  });

  it("is one for all who have it at the same time", () => {
    const first = CutThread.take();
    expect(CutThread.take()).toBe(first);
    first.release();
    expect(CutThread.take()).toBe(first);
    first.release();
    first.release();
    const next = CutThread.take();
    expect(next).not.toBe(first);
    next.release();
  });

  it.each([
    ["ends", "process.exit(3)"],
    ["throws", "throw new Error('no')"],
  ])("leaves its work to the caller if it %s", async (_, statement) => {
    const program = `require("node:worker_threads").parentPort.on("message", ({ stretch }) => { if (stretch) { ${statement}; } })`;
    const worker = new Worker(program, { eval: true });
    const thread = new CutThread(worker);
    await once(worker, "online");
    const { memory, state, stretches, expected } = filled();
    const stream = thread.begin(memory, state)!;
    const [first, second, ...rest] = stretches as [Stretch, Stretch, ...Stretch[]];
    const cuts = [stream.cut(first), stream.cut(second)];
    expect(cuts[0]).toBeInstanceOf(Promise);
    expect(await Promise.all(cuts)).toEqual(expected.slice(0, 2));
    expect(rest.map((stretch) => stream.cut(stretch))).toEqual(expected.slice(2));
    expect(thread.begin(memory, state)).toBeUndefined();
  });

  it("cuts a large blob", async () => {
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
      for (const { bytes, hash: name } of step.value) {
        expect(hash("sha256", bytes, "hex")).toBe(name);
        lengths.push(bytes.length);
        seen.update(bytes);
      }
    }
    const sha256 = whole.digest("hex");
    expect(step.value).toEqual({ size: 20 * piece.length, sha256 });
    expect(seen.digest("hex")).toBe(sha256);
    piece[0] = 0;
    expect(lengths.slice(0, 20)).toEqual(chunkLengths(piece).slice(0, 20));
  });
});
