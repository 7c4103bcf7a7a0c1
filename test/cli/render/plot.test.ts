import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areaPlot, markPlot } from "../../../src/cli/render/plot.js";
import { summaryPlots } from "../../../src/cli/render/summary-plots.js";

const data = { title: "a title", from: "0 s", to: "8 s", label: (value: number) => String(value) };
const style = { width: 20, height: 3, ascii: false };

const styles = fc.record({
  width: fc.integer({ min: 14, max: 120 }),
  height: fc.integer({ min: 1, max: 20 }),
  ascii: fc.boolean(),
});
const rate = fc.double({ min: 0, max: 1e12, noNaN: true });
const notAscii = /[^ -~]/;

describe("areaPlot", () => {
  it("fills columns from zero", () => {
    expect(areaPlot(data, [0, 1, 2, 3, 4, 5, 6, 24], style)).toMatchInlineSnapshot(`
      [
        "a title",
        "        24 ┤       █",
        "        12 ┤       █",
        "         0 ┤ ▁▂▃▄▅▆█",
        "           0 s   8 s",
      ]
    `);
    expect(
      areaPlot(data, [0, 12, 24, 24, 6, 6, 6, 6], { ...style, ascii: true }),
    ).toMatchInlineSnapshot(`
      [
        "a title",
        "        24 +  ##",
        "        12 + :##",
        "         0 + ###::::",
        "           0 s   8 s",
      ]
    `);
  });

  it("means neighbours where there are too many, and stretches where there are few", () => {
    const levels = (values: number[]) => areaPlot(data, values, { ...style, height: 1 })[1]!;
    expect(levels(Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 0 : 8)))).toMatch(/┤█{8}$/);
    expect(levels([4, 8])).toMatch(/┤▄▄▄▄████$/);
  });

  it("fits its width and height, and is taller for greater values", () => {
    fc.assert(
      fc.property(fc.array(rate, { maxLength: 300 }), styles, (values, chosen) => {
        const lines = areaPlot(data, values, chosen);
        expect(lines).toHaveLength(chosen.height + 2);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(chosen.width);
        if (chosen.ascii) expect(lines.join("")).not.toMatch(notAscii);
      }),
    );
    fc.assert(
      fc.property(fc.array(rate, { minLength: 1, maxLength: 8 }), (values) => {
        const plot = areaPlot(data, values, { ...style, width: 12 + values.length, height: 5 });
        const heights = values.map((_, i) =>
          plot
            .slice(1, -1)
            .reduce((sum, line) => sum + " ▁▂▃▄▅▆▇█".indexOf(line[12 + i] ?? " "), 0),
        );
        for (const [i, a] of values.entries()) {
          for (const [j, b] of values.entries()) {
            if (a >= b) expect(heights[i]).toBeGreaterThanOrEqual(heights[j]!);
          }
        }
        if (Math.max(...values) > 0) expect(Math.max(...heights)).toBe(40);
      }),
    );
  });
});

describe("markPlot", () => {
  const lines = [
    { mark: "o", values: [1, 1, 10, 10, null, 0, 100, 100] },
    { mark: "x", values: [100, 100, 100, 10, null, null, 100, 100] },
  ];

  it("draws lines of marks on a logarithmic axis, the first one on top", () => {
    expect(markPlot(data, lines, style)).toMatchInlineSnapshot(`
      [
        "a title",
        "100.000000 ┤xxx   oo",
        "10.0000000 ┤  oo",
        "         1 ┤oo",
        "           0 s   8 s",
      ]
    `);
  });

  it("puts equal values into the middle", () => {
    const plot = markPlot(data, [{ mark: "o", values: [7] }], { ...style, ascii: true });
    expect(plot[2]).toMatch(/7 \+o{8}$/);
    expect(plot[1]).not.toContain("o");
  });

  it("fits its width and height, and shows the extremes at the ends", () => {
    const latency = fc.option(fc.integer({ min: 1, max: 1e12 }), { nil: null });
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 300 }), styles, (values, chosen) => {
        const drawn = markPlot(data, [{ mark: "o", values }], chosen);
        expect(drawn).toHaveLength(chosen.height + 2);
        expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(chosen.width);
        if (chosen.ascii) expect(drawn.join("")).not.toMatch(notAscii);
        const any = values.some((value) => value !== null);
        expect(drawn.slice(1, -1).some((line) => line.slice(12).includes("o"))).toBe(any);
      }),
    );
  });
});

describe("summaryPlots", () => {
  it("draws throughput and latency of each operation, objects where there are no bytes", () => {
    const ramp = Array.from({ length: 10 }, (_, i) => i);
    const latencies = ramp.map((i) => (i === 4 ? null : 1_000_000 * (i + 1)));
    const series = {
      start: "2025-07-27T19:30:05.000000000Z",
      slotSeconds: 0.512,
      ops: {
        GET: {
          bytesPerSecond: ramp.map((i) => i * 1_000_000),
          objectsPerSecond: ramp,
          p50Ns: latencies,
          p99Ns: latencies.map((ns) => (ns === null ? null : ns * 10)),
        },
        STAT: {
          bytesPerSecond: ramp.map(() => 0),
          objectsPerSecond: ramp,
          p50Ns: latencies,
          p99Ns: latencies,
        },
      },
    };
    const plots = summaryPlots(series, { width: 40, height: 5, ascii: true });
    expect(plots.join("\n")).toMatchInlineSnapshot(`
      "
      GET throughput
      8.58 MiB/s +                       :::##
                 |                 ...:::#####
      4.29 MiB/s +            ..:::###########
                 |      ...:::################
           0 B/s +   :::######################
                 0 s                    5.12 s

      GET latency: o p50, x p99 (logarithmic)
          100 ms +              xxxxxxxxxxxxxx
                 |   xxxxxxxxx
         10.0 ms +xxx           oooooooooooooo
                 |   ooooooooo
         1.00 ms +ooo
                 0 s                    5.12 s

      STAT objects
             9/s +                       :::##
                 |                 ...:::#####
           4.5/s +            ..:::###########
                 |      ...:::################
             0/s +   :::######################
                 0 s                    5.12 s

      STAT latency: o p50, x p99 (logarithmic)
         10.0 ms +                    oooooooo
                 |              oooooo
         3.16 ms +      oooooo
                 |   ooo
         1.00 ms +ooo
                 0 s                    5.12 s"
    `);
  });
});
