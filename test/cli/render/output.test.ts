import { once } from "node:events";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Output } from "../../../src/cli/render/index.js";

/** Takes a write only when told to. */
class SlowStream extends Writable {
  readonly writes: string[] = [];
  #pending: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString());
    this.#pending = done;
  }

  take(): void {
    const done = this.#pending;
    this.#pending = undefined;
    done?.();
  }
}

describe("Output", () => {
  it("gathers lines into large writes", async () => {
    const stream = new SlowStream({ highWaterMark: 2 ** 30 });
    const out = new Output(stream);
    for (let i = 0; i < 20_000; i++) out.line("0123456789");
    out.flush();
    stream.take();
    expect(stream.writes[0]?.length).toBeGreaterThanOrEqual(64 * 1024);
  });

  it("writes a lonely line soon, without being asked", async () => {
    const stream = new SlowStream();
    new Output(stream).line("first");
    await expect.poll(() => stream.writes).toEqual(["first\n"]);
  });

  it("holds the caller back while the reader is slow", async () => {
    const stream = new SlowStream({ highWaterMark: 10 });
    const out = new Output(stream);
    out.line("more than ten characters");
    out.flush();
    let ready = false;
    const waiting = out.ready().then(() => {
      ready = true;
    });
    await new Promise(setImmediate);
    expect(ready).toBe(false);
    stream.take();
    await waiting;
    expect(ready).toBe(true);
  });

  it("does not wait for a reader that has caught up meanwhile", async () => {
    const stream = new SlowStream({ highWaterMark: 10 });
    const out = new Output(stream);
    out.line("more than ten characters");
    out.flush();
    const drained = once(stream, "drain");
    stream.take();
    await drained;
    await out.ready();
    expect(stream.writes).toHaveLength(1);
  });

  it("lets nobody wait for a reader that has left", async () => {
    const stream = new SlowStream({ highWaterMark: 1 });
    const out = new Output(stream);
    out.line("text");
    out.flush();
    const waiting = out.ready();
    stream.destroy(Object.assign(new Error("gone"), { code: "EPIPE" }));
    await waiting;
    expect(out.closed.aborted).toBe(true);
    out.line("dropped");
    await out.end();
  });

  it("throws where the output failed for another reason", async () => {
    const stream = new SlowStream();
    const out = new Output(stream);
    stream.destroy(Object.assign(new Error("full"), { code: "ENOSPC" }));
    await new Promise(setImmediate);
    await expect(out.ready()).rejects.toMatchObject({
      code: "unexpected",
      message: "standard output cannot be written: ENOSPC",
    });
  });
});
