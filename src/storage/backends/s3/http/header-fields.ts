import { MalformedReply } from "./header-section.js";
import type { HttpHeader, HttpHeaders } from "./http-types.js";

const MAX_FIELDS = 512;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const MAX_KNOWN_NAMES = 1_024;

/** Names seen so far in lower case: replies repeat the same dozen. */
const knownNames = new Map<string, string>();

/** True for a token of RFC 9110 section 5.6.2: what a method or a header may be called. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Headers as received, in order. */
export class HeaderFields implements HttpHeaders {
  readonly #flat: string[];

  /** Names (lower case) and values in turn. */
  constructor(flat: string[]) {
    this.#flat = flat;
  }

  get(name: string): string | undefined {
    const flat = this.#flat;
    let found: string | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== name) continue;
      found = found === undefined ? flat[i + 1]! : `${found}, ${flat[i + 1]!}`;
    }
    return found;
  }

  has(name: string): boolean {
    const flat = this.#flat;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return true;
    return false;
  }

  entries(): readonly HttpHeader[] {
    const pairs: HttpHeader[] = [];
    for (let i = 0; i < this.#flat.length; i += 2) {
      pairs.push([this.#flat[i]!, this.#flat[i + 1]!]);
    }
    return pairs;
  }
}

/**
 * The fields of a section (RFC 9112 section 5) from `start` to its empty line. Refuses names that
 * are no tokens, space before the colon, and continued lines. Throws MalformedReply.
 */
export function parseFields(section: string, start: number): HeaderFields {
  const flat: string[] = [];
  let at = start;
  for (;;) {
    const end = section.indexOf("\r\n", at);
    if (end === at) return new HeaderFields(flat);
    const first = section.charCodeAt(at);
    if (first === 0x20 || first === 0x09) throw new MalformedReply("a folded header line");
    const colon = section.indexOf(":", at);
    if (colon < 0 || colon > end) throw new MalformedReply("a header line without a colon");
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(section.charCodeAt(from))) from++;
    while (to > from && isBlank(section.charCodeAt(to - 1))) to--;
    flat.push(lowerName(section.slice(at, colon)), section.slice(from, to));
    if (flat.length > 2 * MAX_FIELDS) throw new MalformedReply(`more than ${MAX_FIELDS} headers`);
    at = end + 2;
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function lowerName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  if (!isToken(name))
    throw new MalformedReply("a header name with characters that it may not have");
  const lower = name.toLowerCase();
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, lower);
  return lower;
}
