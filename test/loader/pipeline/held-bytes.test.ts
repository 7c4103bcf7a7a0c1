import { describe, expect, it } from "vitest";
import { heldBytes } from "../../../src/loader/pipeline/held-bytes.js";
import { SizeEstimate } from "../../../src/loader/pipeline/size-estimate.js";

describe("heldBytes", () => {
  it("counts buffers wherever they are", () => {
    expect(heldBytes(new Float32Array(3), 1)).toBe(12);
    expect(heldBytes(new ArrayBuffer(7), 1)).toBe(7);
    expect(heldBytes({ key: "abcd", fields: { jpg: new Uint8Array(9), cls: "7" } }, 1)).toBe(14);
    expect(heldBytes(new Map([["a", [new Uint8Array(5), null, 3]]]), 1)).toBe(5);
  });

  it("takes what was told where it finds nothing or too much", () => {
    expect(heldBytes(5, 80)).toBe(80);
    expect(heldBytes(undefined, 80)).toBe(80);
    expect(heldBytes({ a: 1 }, 80)).toBe(80);
    expect(heldBytes(new Array(65).fill("x"), 80)).toBe(80);
    expect(heldBytes({ a: { b: { c: { d: new Uint8Array(5) } } } }, 80)).toBe(80);
  });
});

describe("SizeEstimate", () => {
  it("learns by how much items grow, and never tells less than was told", () => {
    const estimate = new SizeEstimate();
    expect(estimate.of(10)).toBe(10);
    estimate.learn(10, 40);
    expect(estimate.of(10)).toBe(40);
    expect(estimate.of(25)).toBe(100);
    estimate.learn(90, 0);
    expect(estimate.of(10)).toBe(10);
  });

  it("learns sizes where none are told", () => {
    const estimate = new SizeEstimate();
    estimate.learn(0, 30);
    estimate.learn(0, 50);
    expect(estimate.of(0)).toBe(40);
  });
});
