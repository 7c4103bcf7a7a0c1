import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packForTransfer } from "../../../src/loader/decode/pack-for-transfer.js";

/** Sends it as `postMessage` does. */
function sent(value: unknown, copies = false): unknown {
  const packed = packForTransfer(value, copies);
  return structuredClone(packed.value, { transfer: packed.transfer });
}

const views = fc
  .tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.constantFrom(Uint8Array, Float32Array, BigInt64Array))
  .map(([before, length, after, View]) => {
    const memory = new Uint8Array((before + length + after) * View.BYTES_PER_ELEMENT).map(
      (_, i) => i,
    );
    return new View(memory.buffer, before * View.BYTES_PER_ELEMENT, length);
  });

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    views,
    fc.constantFrom(1, "text", null, undefined, true, 5n),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Map(items.entries())),
  ),
})).value;

/** All arrays within, by their bytes: equality of values does not tell views from each other's memory. */
function arraysOf(value: unknown): Uint8Array[] {
  if (ArrayBuffer.isView(value))
    return [new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (value instanceof Map) return [...value.values()].flatMap(arraysOf);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(arraysOf);
  return [];
}

describe("packForTransfer", () => {
  it("sends any value as it is, and of memory only what arrays show", () => {
    fc.assert(
      fc.property(values, fc.boolean(), (value, copies) => {
        const before = structuredClone(value);
        const arrived = sent(value, copies);
        expect(arrived).toEqual(before);
        for (const array of arraysOf(arrived))
          expect(array.buffer.byteLength).toBe(array.byteLength);
        if (copies) expect(value).toEqual(before);
      }),
    );
  });

  it("takes whole buffers, and leaves shared ones alone", () => {
    const whole = new Uint8Array([1, 2]);
    const rest = new Uint8Array([1, 2, 3]);
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    sent({ whole, again: [whole], part: rest.subarray(1), shared });
    expect([whole.byteLength, rest.byteLength, shared.byteLength]).toEqual([0, 3, 2]);
  });

  it("sends raw buffers, text views of Node and empty constants", () => {
    const empty = new Uint8Array(0);
    for (const _ of [1, 2]) expect(sent({ empty })).toEqual({ empty });
    expect(sent(Buffer.from("abc"))).toEqual(new Uint8Array([97, 98, 99]));
    expect(sent(new Uint8Array([5]).buffer)).toEqual(new Uint8Array([5]).buffer);
    const view = new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2);
    expect((sent(view) as DataView).getUint16(0)).toBe(0x0203);
  });

  it("follows cycles, and keeps a field named __proto__", () => {
    const ring: Record<string, unknown> = { part: new Uint8Array(4).subarray(1) };
    ring.self = ring;
    expect(() => sent(ring)).not.toThrow();
    const named = Object.fromEntries([["__proto__", new Uint8Array([1, 2]).subarray(1)]]);
    expect(Object.entries(sent(named) as object)).toEqual([["__proto__", new Uint8Array([2])]]);
  });
});
