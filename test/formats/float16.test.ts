import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FLOAT16_NAN,
  float16Bits,
  float16ToFloat32,
  float16Value,
} from "../../src/formats/index.js";

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe("float16ToFloat32", () => {
  it("keeps every value, computed by its definition", () => {
    const floats = float16ToFloat32(ALL);
    for (const half of ALL) {
      const sign = half & 0x8000 ? -1 : 1;
      const exponent = (half >> 10) & 31;
      const fraction = (half & 0x3ff) / 1024;
      const value =
        exponent === 31
          ? fraction === 0
            ? sign * Number.POSITIVE_INFINITY
            : Number.NaN
          : exponent === 0
            ? sign * fraction * 2 ** -14
            : sign * (1 + fraction) * 2 ** (exponent - 15);
      if (!Object.is(floats[half], value)) expect([half, floats[half]]).toEqual([half, value]);
    }
    expect(floats[0x7bff]).toBe(65504);
  });
});

describe("float16Value and float16Bits", () => {
  it("agree with the floats, and give back the bits of each but NaN", () => {
    const floats = float16ToFloat32(ALL);
    for (const bits of ALL) {
      const value = float16Value(bits);
      if (!Object.is(value, floats[bits])) expect([bits, value]).toEqual([bits, floats[bits]]);
      const again = Number.isNaN(value) ? FLOAT16_NAN : bits;
      if (float16Bits(value) !== again) expect([bits, float16Bits(value)]).toEqual([bits, again]);
    }
  });

  it("round to the nearest, and to the even one in the middle of two", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [float16Value(bits), float16Value(bits + 1)];
      const middle = (low + high) / 2;
      const found = [middle * (1 - 2 ** -50), middle, middle * (1 + 2 ** -50)].map(float16Bits);
      const wanted = [bits, bits % 2 === 0 ? bits : bits + 1, bits + 1];
      if (String(found) !== String(wanted)) expect([bits, ...found]).toEqual([bits, ...wanted]);
    }
  });

  it.each([
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [Infinity, 0x7c00],
    [-1e300, 0xfc00],
    [-0, 0x8000],
    [-1, 0xbc00],
    [2 ** -25, 0],
    [5e-324, 0],
  ])("%d is %d", (value, bits) => {
    expect(float16Bits(value)).toBe(bits);
  });

  it("never leave a nearer number aside", () => {
    fc.assert(
      fc.property(fc.double({ min: -70_000, max: 70_000, noNaN: true }), (value) => {
        const bits = float16Bits(value);
        if ((bits & 0x7fff) >= 0x7c00) return Math.abs(value) >= 65_520;
        const error = Math.abs(float16Value(bits) - value);
        return [bits - 1, bits + 1].every(
          (other) =>
            ((other ^ bits) & 0x8000) !== 0 ||
            (other & 0x7fff) >= 0x7c00 ||
            Math.abs(float16Value(other) - value) >= error,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
