/** RFC 3339 of a time with its fraction of nine digits at most. */
const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** As s3dlio writes it: `+00:00` for UTC, and a fraction of three digits only where there is one. */
export function formatWallTime(date: Date): string {
  return date.toISOString().replace(/(?:\.000)?Z$/, "+00:00");
}

/** Milliseconds since 1970 and the nanoseconds beyond them; undefined for a text that is no RFC 3339. */
export function parseWallTime(text: string): { ms: number; nanos: number } | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, day, time, fraction = ""] = match;
  const digits = fraction.padEnd(9, "0");
  const zone = /[Zz]$/.test(text) ? "Z" : text.slice(-6);
  const ms = Date.parse(`${day}T${time}.${digits.slice(0, 3)}${zone}`);
  return Number.isNaN(ms) ? undefined : { ms, nanos: Number(digits.slice(3)) };
}

/** Negative if `a` is earlier. Both must be RFC 3339. */
export function compareWallTimes(a: string, b: string): number {
  const x = parseWallTime(a);
  const y = parseWallTime(b);
  if (x === undefined || y === undefined) return a < b ? -1 : a > b ? 1 : 0;
  return x.ms - y.ms || x.nanos - y.nanos;
}
