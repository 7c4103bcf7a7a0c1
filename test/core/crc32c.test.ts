import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  crc32c,
  crc32cByTables,
  crc32cCombine,
  crc32cFromBase64,
  crc32cToBase64,
} from "../../src/core/crc32c.js";

describe("crc32c", () => {
  // RFC 3720 appendix B.4.
  it.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["ascending", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["check value", new TextEncoder().encode("123456789"), 0xe3069283],
  ])("gives the published value of %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
    expect(crc32cByTables(bytes)).toBe(expected);
  });

  it("agrees with the tables, goes on from a previous value and combines", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        const whole = Buffer.concat([a, b]);
        expect(crc32c(whole)).toBe(crc32cByTables(whole));
        expect(crc32c(b, crc32c(a))).toBe(crc32c(whole));
        expect(crc32cByTables(b, crc32cByTables(a))).toBe(crc32c(whole));
        expect(crc32cCombine(crc32c(a), crc32c(b), b.length)).toBe(crc32c(whole));
      }),
    );
  });

  it("goes to base64 and back, and refuses a checksum of checksums", () => {
    expect(crc32cToBase64(0xe3069283)).toBe("4waSgw==");
    expect(crc32cFromBase64("4waSgw==")).toBe(0xe3069283);
    expect(crc32cFromBase64("4waSgw==-3")).toBeUndefined();
  });
});
