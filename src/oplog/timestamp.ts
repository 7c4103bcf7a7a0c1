/** Nanoseconds of a second. */
const SECOND = 1_000_000_000;

let lastSecond = Number.NaN;
let lastText = "";

/**
 * RFC 3339 in UTC with nine digits of a second. `nanos` may be a second and more: it is carried over.
 */
export function formatTimestamp(seconds: number, nanos: number): string {
  let second = seconds;
  let rest = nanos;
  if (rest >= SECOND) {
    second += Math.floor(rest / SECOND);
    rest %= SECOND;
  }
  // Rows of one second follow each other: its text is made once.
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${lastText}${String(SECOND + rest).slice(1)}Z`;
}

const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/** `2025-07-27T19:30:05` */
const TO_SECOND = 19;
const ZERO = 0x30;

/**
 * Reads RFC 3339 timestamps out of bytes: any number of digits after the second (nine count) and
 * any zone. Remembers the last second, since neighbours share it.
 */
export class TimestampParser {
  seconds = 0;
  nanos = 0;
  readonly #known = new Uint8Array(TO_SECOND);
  #knownSeconds = 0;

  /** Reads the field from `from` up to `to` into `seconds` and `nanos`; false if it is none. */
  parse(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from <= TO_SECOND) return false;
    if (!this.#isKnown(bytes, from) && !this.#learn(bytes, from)) return false;
    let at = from + TO_SECOND;
    let nanos = 0;
    if (bytes[at] === 0x2e || bytes[at] === 0x2c) {
      at++;
      let digits = 0;
      for (; at < to; at++) {
        const digit = bytes[at]! - ZERO;
        if (digit < 0 || digit > 9) break;
        if (digits < 9) nanos = nanos * 10 + digit;
        digits++;
      }
      if (digits === 0) return false;
      if (digits < 9) nanos *= POWERS_OF_TEN[9 - digits]!;
    }
    const zone = zoneSeconds(bytes, at, to);
    if (zone === undefined) return false;
    this.seconds = this.#knownSeconds - zone;
    this.nanos = nanos;
    return true;
  }

  #isKnown(bytes: Uint8Array, from: number): boolean {
    // The later characters differ first.
    for (let i = TO_SECOND - 1; i >= 0; i--) {
      if (bytes[from + i] !== this.#known[i]) return false;
    }
    return true;
  }

  #learn(bytes: Uint8Array, from: number): boolean {
    const text = String.fromCharCode(...bytes.subarray(from, from + TO_SECOND));
    if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d$/.test(text)) return false;
    const milliseconds = Date.parse(`${text.slice(0, 10)}T${text.slice(11)}Z`);
    if (Number.isNaN(milliseconds)) return false;
    this.#known.set(bytes.subarray(from, from + TO_SECOND));
    this.#knownSeconds = milliseconds / 1000;
    return true;
  }
}

const texts = new TimestampParser();

/** Seconds since 1970 and nanoseconds of a timestamp in text; undefined if it is none. */
export function parseTimestamp(text: string): { seconds: number; nanos: number } | undefined {
  const bytes = Buffer.from(text, "latin1");
  if (!texts.parse(bytes, 0, bytes.length)) return undefined;
  return { seconds: texts.seconds, nanos: texts.nanos };
}

/** Seconds east of Greenwich: `Z`, `+02:00`, `-0330`. */
function zoneSeconds(bytes: Uint8Array, from: number, to: number): number | undefined {
  const first = bytes[from];
  if (to - from === 1 && (first === 0x5a || first === 0x7a)) return 0;
  const text = String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 8)));
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60;
  return match[1] === "-" ? -seconds : seconds;
}
