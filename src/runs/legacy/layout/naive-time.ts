const NAIVE = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})$/;

/**
 * A time of mltrack, as `2026-11-20T19:39:26.791829` or `20261120_193926`, in ISO 8601 with its zone. It wrote UTC
 * without saying so, which JavaScript would take for local time. Undefined for what is no time.
 */
export function utcTime(text: string): string | undefined {
  const compact = COMPACT.exec(text);
  if (compact !== null) {
    const [, year, month, day, hour, minute, second] = compact;
    return valid(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  }
  const match = NAIVE.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction = "", zone = "Z"] = match;
  if (zone === "Z") return valid(`${date}T${time}${fraction}Z`);
  const withZone = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(withZone) ? undefined : new Date(withZone).toISOString();
}

function valid(text: string): string | undefined {
  return Number.isNaN(Date.parse(text)) ? undefined : text;
}
