import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatByteSize, parseByteSize } from "../../../src/app/config/index.js";

describe("parseByteSize", () => {
  it.each([
    ["0", 0],
    ["20971520", 20_971_520],
    ["20_971_520", 20_971_520],
    ["16k", 16_000],
    ["16Ki", 16_384],
    ["8MiB", 8 * 2 ** 20],
    ["8mb", 8_000_000],
    ["1.5 GiB", 1.5 * 2 ** 30],
    [" 2T ", 2e12],
  ])("reads %s", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(["", "k", "-1", "1e3", "1 2", "8MiBs", "0x10", "NaN", "9999999t"])(
    "refuses %j and shows what is right",
    (text) => {
      expect(() => parseByteSize(text)).toThrow(/not a size: write a number of bytes/);
    },
  );

  it("reads every whole number of bytes as itself", () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        expect(parseByteSize(String(n))).toBe(n);
      }),
    );
  });
});

describe("formatByteSize", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [20_971_520, "20.0 MiB"],
    [300 * 2 ** 30, "300 GiB"],
  ])("writes %d as %s", (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text);
  });

  it("can be read back within its precision", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 52 }), (n) => {
        const back = parseByteSize(formatByteSize(n));
        expect(Math.abs(back - n) / n).toBeLessThan(0.06);
      }),
    );
  });
});
