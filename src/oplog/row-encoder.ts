import type { OpLogColumns } from "./columns.js";
import type { OpLogEntry } from "./entry.js";
import { quotedField } from "./row-format.js";

const TAB = 0x09;
const LF = 0x0a;
const ZERO = 0x30;
const DOT = 0x2e;
const Z = 0x5a;
const SECOND = 1_000_000_000;
/** ASCII that needs no quotes: anything else may, or takes more than a byte. */
const PLAIN = /^[!#-~][ !#-~]*$/;
/** `2025-07-27T19:30:05` */
const TO_SECOND = 19;
/** More than all fields but the texts can take. */
const FIXED_BYTES = 512;
/** Of a UTF-16 unit in UTF-8, or of a quote that is doubled. */
const UNIT_BYTES = 3;

/**
 * Writes rows as TSV straight into bytes, as `formatRow` would: a row costs no memory, where text would
 * be made of dozens of pieces.
 */
export class RowEncoder {
  readonly #columns: OpLogColumns;
  #bytes: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #length = 0;
  #second = Number.NaN;
  readonly #secondText = Buffer.alloc(TO_SECOND);

  constructor(columns: OpLogColumns) {
    this.#columns = columns;
  }

  /** Bytes that have gathered. */
  get length(): number {
    return this.#length;
  }

  /** The bytes that have gathered, valid until the next row is added; from there on it begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  add(entry: OpLogEntry, index: number): void {
    const { op, clientId, endpoint, file, error } = entry;
    const units = op.length + clientId.length + endpoint.length + file.length + error.length;
    this.#makeRoom(FIXED_BYTES + units * UNIT_BYTES);
    const { startSeconds, startNanos, firstByteNs, lastByteNs, durationNs } = entry;
    this.#number(index);
    this.#number(entry.thread);
    this.#text(op);
    this.#text(clientId);
    this.#number(entry.objects);
    this.#number(entry.bytes);
    this.#text(endpoint);
    this.#text(file);
    this.#text(error);
    this.#time(startSeconds, startNanos);
    this.#after(startSeconds, startNanos, firstByteNs);
    if (this.#columns === 15) this.#after(startSeconds, startNanos, lastByteNs);
    this.#time(startSeconds, startNanos + durationNs);
    this.#number(durationNs);
    if (this.#columns === 15) this.#number(entry.categories ?? 0);
    this.#bytes[this.#length - 1] = LF;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  #number(value: number): void {
    if (value >= SECOND) {
      this.#length += this.#bytes.write(String(value), this.#length, "latin1");
    } else {
      let digits = 1;
      for (let limit = 10; value >= limit; limit *= 10) digits++;
      let rest = value;
      for (let at = this.#length + digits - 1; at >= this.#length; at--) {
        const next = (rest / 10) | 0;
        this.#bytes[at] = ZERO + rest - next * 10;
        rest = next;
      }
      this.#length += digits;
    }
    this.#bytes[this.#length++] = TAB;
  }

  #text(text: string): void {
    // Native calls: a loop over characters is slow for as long as it has not been optimised.
    if (PLAIN.test(text)) this.#length += this.#bytes.write(text, this.#length, "latin1");
    else if (text !== "") {
      this.#length += this.#bytes.write(quotedField(text), this.#length, "utf8");
    }
    this.#bytes[this.#length++] = TAB;
  }

  #after(seconds: number, nanos: number, later: number | undefined): void {
    if (later === undefined) this.#bytes[this.#length++] = TAB;
    else this.#time(seconds, nanos + later);
  }

  #time(seconds: number, nanos: number): void {
    let second = seconds;
    let rest = nanos;
    if (rest >= SECOND) {
      second += Math.floor(rest / SECOND);
      rest %= SECOND;
    }
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText.write(new Date(second * 1000).toISOString(), 0, TO_SECOND, "latin1");
    }
    const bytes = this.#bytes;
    let at = this.#length;
    bytes.set(this.#secondText, at);
    at += TO_SECOND;
    bytes[at++] = DOT;
    for (let place = at + 8; place >= at; place--) {
      const next = (rest / 10) | 0;
      bytes[place] = ZERO + rest - next * 10;
      rest = next;
    }
    at += 9;
    bytes[at++] = Z;
    bytes[at++] = TAB;
    this.#length = at;
  }
}
