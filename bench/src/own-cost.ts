import type { Cost } from "./measure.js";

/**
 * The cost of a library's work alone: its program prints, as its last line, the seconds, and where they
 * are measured the CPU-seconds and by how many bytes the resident memory grew. Commands among libraries print none, and
 * are taken with their start.
 */
export function ownCost(cost: Cost): Cost {
  const figures = cost.lastLine.split(" ").map(Number);
  if (figures.some(Number.isNaN)) return cost;
  const [seconds, cpuSeconds, peakBytes] = figures;
  return {
    ...cost,
    seconds: seconds || cost.seconds,
    cpuSeconds: cpuSeconds ?? cost.cpuSeconds,
    peakBytes: peakBytes ?? cost.peakBytes,
  };
}
