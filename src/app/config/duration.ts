import { LodeError } from "../../errors.js";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Milliseconds from text such as `500ms`, `30s`, `5m`, `2h` or `1d`; a bare number is seconds.
 * Throws `invalid-argument`.
 */
export function parseDuration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)?$/i.exec(text.trim());
  if (match === null) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${JSON.stringify(text)} is not a duration: write 500ms, 30s, 5m, 2h or 1d`,
    });
  }
  return Math.round(Number(match[1]) * (UNITS[(match[2] ?? "s").toLowerCase()] ?? 1000));
}

/** The shortest exact form: `1500ms`, `30s`, `5m`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const size = UNITS[unit] ?? 1;
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
