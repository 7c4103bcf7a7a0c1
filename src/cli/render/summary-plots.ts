import { formatByteSize } from "../../app/config/index.js";
import type { OpLogSeries, OpSeries } from "../../oplog/index.js";
import { areaPlot, markPlot, type PlotData, type PlotStyle } from "./plot.js";
import { formatNanos } from "./text.js";

/** Throughput and latency of each operation over time, as lines of text. */
export function summaryPlots(series: OpLogSeries, style: PlotStyle): string[] {
  return Object.entries(series.ops).flatMap(([op, values]) => [
    "",
    ...throughputPlot(op, values, series.slotSeconds, style),
    "",
    ...latencyPlot(op, values, series.slotSeconds, style),
  ]);
}

function throughputPlot(
  op: string,
  { bytesPerSecond, objectsPerSecond }: OpSeries,
  slotSeconds: number,
  style: PlotStyle,
): string[] {
  const span = spanOf(bytesPerSecond.length, slotSeconds);
  if (bytesPerSecond.some((rate) => rate > 0)) {
    const label = (rate: number) => `${formatByteSize(Math.round(rate))}/s`;
    return areaPlot({ title: `${op} throughput`, ...span, label }, bytesPerSecond, style);
  }
  const label = (rate: number) => `${Number(rate.toPrecision(3))}/s`;
  return areaPlot({ title: `${op} objects`, ...span, label }, objectsPerSecond, style);
}

function latencyPlot(
  op: string,
  { p50Ns, p99Ns }: OpSeries,
  slotSeconds: number,
  style: PlotStyle,
): string[] {
  const [median, tail] = style.ascii ? ["o", "x"] : ["●", "△"];
  const title = `${op} latency: ${median} p50, ${tail} p99 (logarithmic)`;
  const data = { title, ...spanOf(p50Ns.length, slotSeconds), label: formatNanos };
  const lines = [
    { mark: median, values: p50Ns },
    { mark: tail, values: p99Ns },
  ];
  return markPlot(data, lines, style);
}

function spanOf(slots: number, slotSeconds: number): Pick<PlotData, "from" | "to"> {
  return { from: "0 s", to: `${Number((slots * slotSeconds).toPrecision(3))} s` };
}
