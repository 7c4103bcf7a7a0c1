import { LodeError } from "../../errors.js";

/** What Python's `json.dumps` can write: JSON with NaN and infinities, and whole numbers of any size. */
export type PythonJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonJson[]
  | { [key: string]: PythonJson };

export interface PythonJsonOptions {
  /**
   * Whole numbers beyond 2^53 as bigint; otherwise the nearest number, as `JSON.parse` gives. `all`: each whole number
   * as bigint, so that Python's `1` is told from its `1.0`.
   */
  readonly exactIntegers?: boolean | "all" | undefined;
}

/** Python itself ends at about as many. */
const MAX_DEPTH = 1000;
const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHOLE = /^-?[0-9]+$/;
const WORD = /true|false|null|NaN|-?Infinity/y;
const WORDS: Readonly<Record<string, boolean | number | null>> = {
  true: true,
  false: false,
  null: null,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/**
 * Parses JSON as Python's `json` module writes it by default: RFC 8259 and the words `NaN`, `Infinity`, `-Infinity`. Of
 * a key that stands there twice the last value counts, as in Python. Throws `corrupt-format` with `details.offset` in
 * characters for all else, and for a key `__proto__`, by which a value could reach a prototype.
 */
export function parsePythonJson(text: string, options: PythonJsonOptions = {}): PythonJson {
  const { exactIntegers = false } = options;
  let at = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  }

  function skip(character: string): boolean {
    take(SPACE);
    if (text[at] !== character) return false;
    at++;
    take(SPACE);
    return true;
  }

  function string(): string {
    const start = at;
    let plain = true;
    for (at++; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (Number.isNaN(code)) throw corrupt("a string does not end", start);
      if (code >= FIRST_PRINTABLE && code !== BACKSLASH) continue;
      plain = false;
      if (code === BACKSLASH) at++;
    }
    at++;
    if (plain) return text.slice(start + 1, at - 1);
    try {
      return JSON.parse(text.slice(start, at));
    } catch (error) {
      throw corrupt("a string has an escape or a character that JSON does not have", start, error);
    }
  }

  function members(depth: number): PythonJson {
    const found: Record<string, PythonJson> = {};
    if (skip("}")) return found;
    do {
      if (text[at] !== '"') throw corrupt("a key is missing", at);
      const start = at;
      const key = string();
      if (key === "__proto__") throw corrupt("it has a key __proto__", start);
      if (!skip(":")) throw corrupt('":" is missing', at);
      found[key] = value(depth);
    } while (skip(","));
    if (!skip("}")) throw corrupt("an object does not end", at);
    return found;
  }

  function elements(depth: number): PythonJson {
    const found: PythonJson[] = [];
    if (skip("]")) return found;
    do found.push(value(depth));
    while (skip(","));
    if (!skip("]")) throw corrupt("an array does not end", at);
    return found;
  }

  function value(depth: number): PythonJson {
    if (depth > MAX_DEPTH) throw corrupt(`there are more than ${MAX_DEPTH} levels`, at);
    if (skip("{")) return members(depth + 1);
    if (skip("[")) return elements(depth + 1);
    if (text[at] === '"') return string();
    const word = take(WORD);
    if (word !== undefined) return WORDS[word] as boolean | number | null;
    const number = take(NUMBER);
    if (number === undefined) throw corrupt("a value is missing", at);
    const nearest = Number(number);
    if (exactIntegers === false || !WHOLE.test(number)) return nearest;
    return Number.isSafeInteger(nearest) && exactIntegers !== "all" ? nearest : BigInt(number);
  }

  const whole = value(0);
  take(SPACE);
  if (at !== text.length) throw corrupt("there is more behind the value", at);
  return whole;
}

function corrupt(why: string, offset: number, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the text is no JSON of Python: ${why} (character ${offset})`,
    details: { offset },
    cause,
  });
}
