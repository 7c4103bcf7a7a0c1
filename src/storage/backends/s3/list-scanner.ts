import type { ObjectMeta } from "../../backend.js";
import type { ListReply } from "./list-page.js";
import { decodeListedKey } from "./uri-encoding.js";

const ROOT = /^\s*(?:<\?xml [^<>?]*\?>)?\s*<ListBucketResult(?: xmlns="[^"<>&]*")?>/;
const LESS = 60;
const SLASH = 47;
const ZERO = 48;

/**
 * Reads a reply of ListObjectsV2 with `encoding-type=url` by looking for what S3 servers write, in one
 * pass and without a parser: listings of millions of keys are bound by this. Undefined if it meets
 * anything else: then the strict parser decides.
 *
 * `bytes` is the reply; names in it are ASCII, so it is scanned as Latin-1.
 */
export function scanListPage(bytes: Buffer): ListReply | undefined {
  return new ListScanner(bytes).page();
}

class ListScanner {
  readonly #bytes: Buffer;
  readonly #xml: string;
  #at = 0;
  /** Set by {@link #element}: the name and the text of the element just read. */
  #nameStart = 0;
  #nameEnd = 0;
  #textStart = 0;
  #textEnd = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#xml = bytes.toString("latin1");
  }

  page(): ListReply | undefined {
    const xml = this.#xml;
    const root = ROOT.exec(xml.slice(0, 400));
    // A parser makes line ends one character.
    if (root === null || xml.includes("\r")) return undefined;
    this.#at = root[0].length;
    const objects: ObjectMeta[] = [];
    const prefixes: string[] = [];
    let truncated: boolean | undefined;
    let token: string | undefined;
    let encoded = false;
    for (;;) {
      if (xml.startsWith("<Contents>", this.#at)) {
        this.#at += 10;
        const object = this.#object();
        if (object === undefined) return undefined;
        objects.push(object);
        continue;
      }
      this.#skipBlanks();
      if (xml.startsWith("</ListBucketResult>", this.#at)) break;
      if (xml.startsWith("<Contents>", this.#at)) continue;
      if (xml.startsWith("<CommonPrefixes>", this.#at)) {
        this.#at += 16;
        const prefix = this.#prefix();
        if (prefix === undefined) return undefined;
        prefixes.push(prefix);
        continue;
      }
      if (!this.#element()) return undefined;
      const name = xml.slice(this.#nameStart, this.#nameEnd);
      if (name === "IsTruncated") {
        const text = this.#text();
        if (text !== "true" && text !== "false") return undefined;
        truncated = text === "true";
      }
      if (name === "EncodingType") encoded = this.#text() === "url";
      if (name === "NextContinuationToken") {
        // Ceph's is the last key as it is, whatever the encoding of the page's keys.
        token = this.#bytes.toString("utf8", this.#textStart, this.#textEnd);
        if (token.includes("&")) return undefined;
      }
    }
    const rest = xml.slice(this.#at + "</ListBucketResult>".length);
    // Without the encoding, names are UTF-8 and have entities.
    if (!encoded && objects.length + prefixes.length > 0) return undefined;
    if (truncated === undefined || rest.trim() !== "") return undefined;
    return { objects, prefixes, truncated, token };
  }

  /** The inside of `<Contents>`, to behind its end. */
  #object(): ObjectMeta | undefined {
    const xml = this.#xml;
    let key: string | undefined;
    let size = -1;
    let time = Number.NaN;
    let etag = "";
    let storageClass = "STANDARD";
    for (;;) {
      if (xml.startsWith("</Contents>", this.#at)) {
        this.#at += 11;
        break;
      }
      if (!this.#element()) {
        this.#skipBlanks();
        if (xml.startsWith("</Contents>", this.#at)) continue;
        if (!this.#element()) return undefined;
      }
      const length = this.#nameEnd - this.#nameStart;
      switch (xml.charCodeAt(this.#nameStart)) {
        case 75: // Key
          if (length === 3) key = this.#name();
          break;
        case 76: // LastModified
          if (length === 12) time = parseTime(xml, this.#textStart, this.#textEnd);
          break;
        case 69: // ETag
          if (length === 4) etag = this.#etag();
          break;
        case 83: // Size, StorageClass
          if (length === 4) size = this.#number();
          else if (length === 12) storageClass = this.#storageClass();
          break;
      }
    }
    if (key === undefined || size < 0 || Number.isNaN(time) || etag.includes("&")) return undefined;
    if (storageClass !== "STANDARD" && !/^[A-Z_]+$/.test(storageClass)) return undefined;
    return { key, size, etag, lastModified: new Date(time), storageClass };
  }

  #prefix(): string | undefined {
    if (!this.#element()) return undefined;
    if (this.#xml.slice(this.#nameStart, this.#nameEnd) !== "Prefix") return undefined;
    const prefix = this.#name();
    if (!this.#xml.startsWith("</CommonPrefixes>", this.#at)) return undefined;
    this.#at += 17;
    return prefix;
  }

  /** Reads `<name>text</name>`, `<name/>`, or an element with others inside, whose text is not used. */
  #element(): boolean {
    const xml = this.#xml;
    const start = this.#at;
    if (xml.charCodeAt(start) !== LESS || xml.charCodeAt(start + 1) === SLASH) return false;
    const close = xml.indexOf(">", start);
    if (close < 0) return false;
    this.#nameStart = start + 1;
    this.#nameEnd = close;
    this.#textStart = close + 1;
    if (xml.charCodeAt(close - 1) === SLASH) {
      this.#nameEnd = close - 1;
      this.#textEnd = close + 1;
      this.#at = close + 1;
      return isName(xml, this.#nameStart, this.#nameEnd);
    }
    if (!isName(xml, this.#nameStart, this.#nameEnd)) return false;
    const length = close - start - 1;
    let end = xml.indexOf("<", close);
    if (end < 0) return false;
    if (xml.charCodeAt(end + 1) !== SLASH) {
      end = xml.indexOf(`</${xml.slice(start + 1, close)}>`, end);
      if (end < 0) return false;
      // None of the values that are looked for is made of elements.
      if (isWanted(xml, start + 1, close)) return false;
      this.#textEnd = this.#textStart;
    } else {
      for (let i = 0; i < length; i++) {
        if (xml.charCodeAt(end + 2 + i) !== xml.charCodeAt(start + 1 + i)) return false;
      }
      if (xml.charCodeAt(end + 2 + length) !== 62) return false;
      this.#textEnd = end;
    }
    this.#at = end + length + 3;
    return true;
  }

  #text(): string {
    return this.#bytes.toString("latin1", this.#textStart, this.#textEnd);
  }

  /** A key or prefix; a string of its own, since a slice would keep the whole page in memory. */
  #name(): string | undefined {
    const text = this.#text();
    return text.includes("&") || text === "" ? undefined : decodeListedKey(text);
  }

  #etag(): string {
    let start = this.#textStart;
    let end = this.#textEnd;
    if (this.#xml.startsWith("&quot;", start) && this.#xml.startsWith("&quot;", end - 6)) {
      start += 6;
      end -= 6;
    } else if (this.#xml.charCodeAt(start) === 34 && this.#xml.charCodeAt(end - 1) === 34) {
      start += 1;
      end -= 1;
    }
    return end < start ? "&" : this.#bytes.toString("latin1", start, end);
  }

  #storageClass(): string {
    const length = this.#textEnd - this.#textStart;
    if (length === 0 || (length === 8 && this.#xml.startsWith("STANDARD", this.#textStart))) {
      return "STANDARD";
    }
    return this.#text();
  }

  #number(): number {
    return digits(this.#xml, this.#textStart, this.#textEnd);
  }

  #skipBlanks(): void {
    const xml = this.#xml;
    while (this.#at < xml.length && xml.charCodeAt(this.#at) <= 32) this.#at++;
  }
}

function isWanted(xml: string, start: number, end: number): boolean {
  return /^(Key|Size|ETag|LastModified|StorageClass|Prefix|IsTruncated|EncodingType|NextContinuationToken)$/.test(
    xml.slice(start, end),
  );
}

/** Letters only, as all names of a listing are; anything else is for the strict parser. */
function isName(xml: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = xml.charCodeAt(i) | 32;
    if (code < 97 || code > 122) return false;
  }
  return end > start;
}

/** A whole number, or -1. */
function digits(text: string, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

let lastDay = "";
let lastDayTime = Number.NaN;

/** `2009-10-12T17:50:30.000Z`; the day is kept, since neighbours mostly share it. */
function parseTime(xml: string, start: number, end: number): number {
  if (end - start < 20 || xml.charCodeAt(end - 1) !== 90 || xml.charCodeAt(start + 10) !== 84) {
    return Number.NaN;
  }
  if (lastDay === "" || !xml.startsWith(lastDay, start)) {
    const day = xml.slice(start, start + 10);
    if (!/^\d{4}-\d\d-\d\d$/.test(day)) return Number.NaN;
    lastDay = day;
    lastDayTime = Date.parse(`${day}T00:00:00Z`);
  }
  const hours = digits(xml, start + 11, start + 13);
  const minutes = digits(xml, start + 14, start + 16);
  const seconds = digits(xml, start + 17, start + 19);
  const colons = xml.charCodeAt(start + 13) === 58 && xml.charCodeAt(start + 16) === 58;
  let fraction = 0;
  if (end - start > 20) {
    if (xml.charCodeAt(start + 19) !== 46 || end - start < 24) return Number.NaN;
    fraction = digits(xml, start + 20, end - 1) < 0 ? -1 : digits(xml, start + 20, start + 23);
  }
  const inDay = hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
  if (!inDay || seconds < 0 || seconds > 59 || fraction < 0 || !colons) return Number.NaN;
  return lastDayTime + ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
}
