import { LodeError } from "../../errors.js";

/** More than any data set has. */
const MAX_KEYS = 10_000_000;

/**
 * The keys that a pattern stands for, as shells expand it: `{000..099}` numbers with as many digits as the first one,
 * `{a,b}` each of the words. Braces around anything else mean themselves. Throws `invalid-argument` for more
 * than ten million.
 */
export function expandBraces(pattern: string): string[] {
  let keys = [""];
  let at = 0;
  for (const match of pattern.matchAll(/\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}/g)) {
    const before = pattern.slice(at, match.index);
    at = match.index + match[0].length;
    const [, first, last, words] = match;
    const count =
      words === undefined ? Math.abs(Number(last) - Number(first)) + 1 : words.split(",").length;
    if (keys.length * count > MAX_KEYS) {
      throw new LodeError({
        code: "invalid-argument",
        message: `${JSON.stringify(pattern)} stands for more than ${MAX_KEYS} keys`,
      });
    }
    const choices =
      words === undefined ? numbers(first as string, last as string) : words.split(",");
    keys = keys.flatMap((key) => choices.map((choice) => key + before + choice));
  }
  const rest = pattern.slice(at);
  return keys.map((key) => key + rest);
}

function numbers(first: string, last: string): string[] {
  const from = Number(first);
  const step = Number(last) < from ? -1 : 1;
  const count = Math.abs(Number(last) - from) + 1;
  // `{1..10}` has no leading zeros, `{01..10}` and `{1..010}` have.
  const padded = [first, last].some((text) => text.length > 1 && text.startsWith("0"));
  const digits = padded ? Math.max(first.length, last.length) : 0;
  return Array.from({ length: count }, (_, i) => String(from + i * step).padStart(digits, "0"));
}
