import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTimestamp, TimestampParser } from "../../src/oplog/timestamp.js";

function parse(text: string): [number, number] | undefined {
  const parser = new TimestampParser();
  const bytes = Buffer.from(`\t${text}\t`);
  return parser.parse(bytes, 1, bytes.length - 1) ? [parser.seconds, parser.nanos] : undefined;
}

describe("timestamps", () => {
  it("are RFC 3339 with nine digits, carried over into the next second", () => {
    expect(formatTimestamp(1_753_644_605, 123_456_789)).toBe("2025-07-27T19:30:05.123456789Z");
    expect(formatTimestamp(1_753_644_605, 1)).toBe("2025-07-27T19:30:05.000000001Z");
    expect(formatTimestamp(1_753_644_605, 3_000_000_001)).toBe("2025-07-27T19:30:08.000000001Z");
  });

  it("are read back without loss", () => {
    const parser = new TimestampParser();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 250_000_000_000 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (seconds, nanos) => {
          fc.pre(seconds < 253_402_300_800); // the year 10,000
          const bytes = Buffer.from(formatTimestamp(seconds, nanos));
          expect(parser.parse(bytes, 0, bytes.length)).toBe(true);
          expect([parser.seconds, parser.nanos]).toEqual([seconds, nanos]);
        },
      ),
    );
  });

  it("are read with any fraction and zone", () => {
    expect(parse("2025-07-27T19:30:05Z")).toEqual([1_753_644_605, 0]);
    expect(parse("2025-07-27t19:30:05.5z")).toEqual([1_753_644_605, 500_000_000]);
    expect(parse("2025-07-27 21:30:05.1234567899+02:00")).toEqual([1_753_644_605, 123_456_789]);
    expect(parse("2025-07-27T16:00:05.25-0330")).toEqual([1_753_644_605, 250_000_000]);
  });

  it("are told from what is none", () => {
    const none = ["", "now", "2025-07-27", "2025-13-27T19:30:05Z", "2025-07-27T19:30:05"];
    none.push("2025-07-27T19:30:05.Z", "2025-07-27T19:30:05.1X", "2025-07-27T19:30:05+0");
    for (const text of none) expect([text, parse(text)]).toEqual([text, undefined]);
  });
});
