/** An unscaled decimal as text, `-12.30` for -1230 with two digits behind the point. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
}

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;

/** The reverse; undefined for text that is no decimal of so many digits. Zeros behind the scale may stand there. */
export function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", behind = ""] = match;
  if (!/^0*$/.test(behind.slice(scale))) return undefined;
  const unscaled = BigInt(whole + behind.slice(0, scale).padEnd(scale, "0"));
  if (unscaled >= 10n ** BigInt(precision)) return undefined;
  return sign === "-" ? -unscaled : unscaled;
}
