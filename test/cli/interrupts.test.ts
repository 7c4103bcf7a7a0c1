import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { Interrupts } from "../../src/cli/interrupts.js";

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }
}

describe("Interrupts", () => {
  it("aborts on the first signal and ends the process on the second", () => {
    const source = new FakeProcess();
    const interrupts = new Interrupts(source);
    source.emit("SIGINT");
    expect(interrupts.signal.aborted).toBe(true);
    expect(interrupts.exitCode).toBe(130);
    expect(source.exits).toEqual([]);
    source.emit("SIGTERM");
    expect(source.exits).toEqual([143]);
  });

  it("keeps the exit code of the first signal, and listens no more when removed", () => {
    const source = new FakeProcess();
    const interrupts = new Interrupts(source);
    source.emit("SIGTERM");
    expect(interrupts.exitCode).toBe(143);
    interrupts.remove();
    expect(source.listenerCount("SIGINT") + source.listenerCount("SIGTERM")).toBe(0);
  });
});
