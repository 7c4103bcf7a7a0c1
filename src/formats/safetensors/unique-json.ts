import { corruptSafetensors, quoted } from "./corrupt-safetensors.js";

/** Objects are maps, so that no key of theirs is special. Numbers that are not whole, or too large to be exact, are NaN. */
export type UniqueJson =
  | string
  | number
  | boolean
  | null
  | readonly UniqueJson[]
  | ReadonlyMap<string, UniqueJson>;

/** A header needs three. */
const MAX_DEPTH = 32;
const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHOLE = /^(?:0|[1-9][0-9]*)$/;
const WORD = /true|false|null/y;
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/**
 * Parses JSON (RFC 8259) in which no object has a key twice: `JSON.parse` takes the last one and does
 * not tell. Throws `corrupt-format`.
 */
export function parseUniqueJson(text: string): UniqueJson {
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
      if (Number.isNaN(code)) throw wrong("a string does not end", start);
      if (code >= FIRST_PRINTABLE && code !== BACKSLASH) continue;
      plain = false;
      if (code === BACKSLASH) at++;
    }
    at++;
    if (plain) return text.slice(start + 1, at - 1);
    try {
      return JSON.parse(text.slice(start, at));
    } catch (error) {
      throw wrong("a string has an escape or a character that JSON does not have", start, error);
    }
  }

  function members(depth: number): ReadonlyMap<string, UniqueJson> {
    const found = new Map<string, UniqueJson>();
    if (skip("}")) return found;
    do {
      if (text[at] !== '"') throw wrong("a key is missing", at);
      const key = string();
      if (found.has(key)) throw wrong(`the key ${quoted(key)} stands there twice`, at);
      if (!skip(":")) throw wrong('":" is missing', at);
      found.set(key, value(depth));
    } while (skip(","));
    if (!skip("}")) throw wrong("an object does not end", at);
    return found;
  }

  function elements(depth: number): readonly UniqueJson[] {
    const found: UniqueJson[] = [];
    if (skip("]")) return found;
    do found.push(value(depth));
    while (skip(","));
    if (!skip("]")) throw wrong("an array does not end", at);
    return found;
  }

  function value(depth: number): UniqueJson {
    if (depth > MAX_DEPTH) throw wrong(`there are more than ${MAX_DEPTH} levels`, at);
    if (skip("{")) return members(depth + 1);
    if (skip("[")) return elements(depth + 1);
    if (text[at] === '"') return string();
    const word = take(WORD);
    if (word !== undefined) return WORDS[word] as boolean | null;
    const number = take(NUMBER);
    if (number === undefined) throw wrong("a value is missing", at);
    const whole = WHOLE.test(number) ? Number(number) : Number.NaN;
    return Number.isSafeInteger(whole) ? whole : Number.NaN;
  }

  const whole = value(0);
  take(SPACE);
  if (at !== text.length) throw wrong("there is more behind the object", at);
  return whole;
}

function wrong(why: string, at: number, cause?: unknown): Error {
  return corruptSafetensors(
    `its header is no JSON that it can be: ${why} (character ${at})`,
    cause,
  );
}
