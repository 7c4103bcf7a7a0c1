import { LodeError } from "../../errors.js";

const MAGIC = 0xfd2fb528;
/** Skippable frames begin with 0x184D2A50 to 0x184D2A5F (RFC 8878 §3.1.2). */
export const SKIPPABLE_MAGIC = 0x184d2a50;
/** Longest frame header (RFC 8878 §3.1.1.1): magic, descriptor, window, dictionary, content size. */
const MAX_HEADER_BYTES = 4 + 1 + 1 + 4 + 8;
/** A skippable frame is held in memory; what is longer is passed over. */
const MAX_SKIPPABLE_BYTES = 64 * 1024 * 1024;

/** A piece of a data frame for the decompressor, or a whole skippable frame's content. */
export type ZstdPiece =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "skippable"; readonly magic: number; readonly content: Uint8Array };

type State = "frame" | "block" | "skip";

/** Whether data begins like zstd: with a frame or a skippable frame. */
export function looksLikeZstd(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = uint32(bytes, 0);
  return magic === MAGIC || isSkippable(magic);
}

/**
 * Tells skippable frames, whose content other programs pass over, from frames of data, without
 * decompressing: it reads the headers of frames and blocks only.
 */
export class ZstdFrameScanner {
  #state: State = "frame";
  /** Bytes of a header or a skippable frame that began in an earlier chunk. */
  #held = new Uint8Array(0);
  /** Bytes of block content, and of a checksum, still to be passed on. */
  #passing = 0;
  #hasChecksum = false;
  #skipping = 0;
  #frames = 0;

  /** Frames of data that have begun. */
  get frames(): number {
    return this.#frames;
  }

  /** Whether what was pushed so far ends inside a frame. */
  get midFrame(): boolean {
    return this.#state !== "frame" || this.#passing > 0 || this.#held.length > 0;
  }

  /** The pieces that a chunk completes, in order. Throws `corrupt-format`. */
  *push(chunk: Uint8Array): Generator<ZstdPiece, void, undefined> {
    const bytes = this.#held.length === 0 ? chunk : join(this.#held, chunk);
    this.#held = new Uint8Array(0);
    let at = 0;
    let dataFrom = 0;
    const data = (to: number): ZstdPiece[] => {
      const piece = bytes.subarray(dataFrom, to);
      dataFrom = to;
      return piece.length === 0 ? [] : [{ kind: "data", bytes: piece }];
    };
    while (at < bytes.length) {
      if (this.#passing > 0) {
        const taken = Math.min(this.#passing, bytes.length - at);
        this.#passing -= taken;
        at += taken;
        continue;
      }
      if (this.#state === "skip") {
        const taken = Math.min(this.#skipping, bytes.length - at);
        this.#skipping -= taken;
        at += taken;
        dataFrom = at;
        if (this.#skipping === 0) this.#state = "frame";
        continue;
      }
      const left = bytes.length - at;
      if (this.#state === "block") {
        if (left < 3) break;
        at += 3;
        this.#beginBlock(bytes[at - 3]! | (bytes[at - 2]! << 8) | (bytes[at - 1]! << 16));
        continue;
      }
      if (left >= 8 && isSkippable(uint32(bytes, at))) {
        yield* data(at);
        const size = uint32(bytes, at + 4);
        if (size > MAX_SKIPPABLE_BYTES) {
          this.#state = "skip";
          this.#skipping = size;
          at += 8;
          dataFrom = at;
          continue;
        }
        if (left < 8 + size) break;
        const content = bytes.slice(at + 8, at + 8 + size);
        const magic = uint32(bytes, at);
        at += 8 + size;
        dataFrom = at;
        yield { kind: "skippable", magic, content };
        continue;
      }
      const header = left < 5 ? undefined : this.#beginFrame(bytes, at);
      if (header === undefined || left < header) {
        this.#state = "frame";
        if (left > MAX_HEADER_BYTES) throw corrupt("a frame header that does not end");
        break;
      }
      at += header;
      this.#frames++;
    }
    yield* data(at);
    this.#held = bytes.slice(at);
  }

  /** The length of the frame header at `at`; from there on blocks follow. */
  #beginFrame(bytes: Uint8Array, at: number): number | undefined {
    const magic = uint32(bytes, at);
    if (isSkippable(magic)) return undefined;
    if (magic !== MAGIC) throw corrupt("bytes that begin no frame");
    const descriptor = bytes[at + 4]!;
    const single = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    this.#state = "block";
    return 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + sizeBytes;
  }

  #beginBlock(header: number): void {
    const type = (header >> 1) & 3;
    if (type === 3) throw corrupt("a block of the reserved type");
    const size = header >> 3;
    // A run-length block holds one byte, however long it becomes.
    this.#passing = type === 1 ? 1 : size;
    if ((header & 1) === 0) return;
    this.#state = "frame";
    if (this.#hasChecksum) this.#passing += 4;
  }
}

function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function corrupt(what: string): LodeError {
  return new LodeError({ code: "corrupt-format", message: `the data is no valid zstd: ${what}` });
}

/** A skippable frame around `content`; `kind` (0 to 15) becomes the end of its magic number. */
export function skippableFrame(kind: number, content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + content.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, SKIPPABLE_MAGIC + kind, true);
  view.setUint32(4, content.length, true);
  frame.set(content, 8);
  return frame;
}
