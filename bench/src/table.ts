import { median, type Round, ratios } from "./rounds.js";

export interface RowTarget {
  /** The contender that the ratio is taken against. */
  readonly against: string;
  readonly speed?: number;
  /** Our CPU-seconds over theirs, at most. */
  readonly cpu?: number;
}

/** The results of one row as a Markdown table, each contender against the first. */
export function renderRow(
  title: string,
  results: ReadonlyMap<string, readonly Round[]>,
  unit: { readonly amount: number; readonly name: string },
  targets: readonly RowTarget[],
): string {
  const [first] = results.keys();
  const ours = results.get(first ?? "") ?? [];
  const lines = [
    `### ${title}`,
    "",
    `| client | median s | ${unit.name}/s | CPU-s | peak MiB | requests | ${first} is faster by (range) | ${first}'s share of CPU |`,
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const [name, rounds] of results) {
    const seconds = median(rounds.map(({ cost }) => cost.seconds));
    const { speed, low, high, cpu } = ratios(ours, rounds);
    lines.push(
      `| ${[
        name,
        seconds.toFixed(2),
        significant(unit.amount / seconds),
        median(rounds.map(({ cost }) => cost.cpuSeconds)).toFixed(2),
        (median(rounds.map(({ cost }) => cost.peakBytes)) / 2 ** 20).toFixed(0),
        median(rounds.map(({ seen }) => seen?.requests ?? 0)) || "-",
        name === first ? "" : `${speed.toFixed(2)} x (${low.toFixed(2)} to ${high.toFixed(2)})`,
        name === first ? "" : cpu.toFixed(2),
      ].join(" | ")} |`,
    );
  }
  lines.push("", ...targets.map((target) => verdict(target, ours, results)), "");
  return lines.join("\n");
}

function verdict(
  target: RowTarget,
  ours: readonly Round[],
  results: ReadonlyMap<string, readonly Round[]>,
): string {
  const { speed, cpu } = ratios(ours, results.get(target.against) ?? []);
  const parts: string[] = [];
  if (target.speed !== undefined) {
    const word = speed >= target.speed ? "met" : "MISSED";
    parts.push(`at least ${target.speed} x ${target.against}: ${speed.toFixed(2)} x, ${word}`);
  }
  if (target.cpu !== undefined) {
    const word = cpu <= target.cpu ? "met" : "MISSED";
    parts.push(`at most ${target.cpu} x its CPU-seconds: ${cpu.toFixed(2)} x, ${word}`);
  }
  return `Target: ${parts.join("; ")}.`;
}

function significant(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
