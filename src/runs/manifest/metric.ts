/** Numbers that JSON does not have stand as texts. */
const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

export function metricToJson(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : specialName(value);
}

function specialName(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Undefined for what is no number. */
export function metricFromJson(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && Object.hasOwn(SPECIAL, value) ? SPECIAL[value] : undefined;
}
