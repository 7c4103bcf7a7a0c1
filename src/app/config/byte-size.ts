import { LodeError } from "../../errors.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  ki: 2 ** 10,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mi: 2 ** 20,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gi: 2 ** 30,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  ti: 2 ** 40,
  tib: 2 ** 40,
  p: 1e15,
  pb: 1e15,
  pi: 2 ** 50,
  pib: 2 ** 50,
};

/**
 * A number of bytes from text such as `8MiB`, `16k`, `1.5 GB` or `20_971_520`. Units with an `i` are
 * powers of 1,024, those without powers of 1,000; case does not matter. Throws `invalid-argument`.
 */
export function parseByteSize(text: string): number {
  const match = /^([0-9][0-9_]*(?:\.[0-9]+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match === null ? undefined : UNITS[(match[2] ?? "").toLowerCase()];
  const bytes = Number((match?.[1] ?? "").replaceAll("_", "")) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(Math.round(bytes))) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${JSON.stringify(text)} is not a size: write a number of bytes such as 8388608, 16k, 8MiB or 1.5GB`,
    });
  }
  return Math.round(bytes);
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size for people: three digits or more and a binary unit, `1.50 GiB`. */
export function formatByteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return `${bytes} B`;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${BINARY[unit]}`;
}
