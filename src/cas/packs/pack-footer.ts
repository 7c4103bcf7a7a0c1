import { crc32c } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import {
  type ChunkCodec,
  ENTRY_BYTES,
  HEADER_BYTES,
  MAX_CHUNK_BYTES,
  MAX_ENTRIES,
  MAX_PACK_BYTES,
  PACK_MAGIC,
  PACK_VERSION,
  PLAIN,
  TRAILER_BYTES,
  ZSTD,
} from "./pack-format.js";

const HASH_BYTES = 32;
const STORED_AT = 32;
const PLAIN_AT = 36;
const CODEC_AT = 39;

const VERSION_AT = 16;
const COUNT_AT = 20;
const DATA_END_AT = 24;
const CRC_AT = 28;
const MAGIC_AT = 32;

/** The chunks of a pack in order: what its last bytes tell. Format: docs/formats/packs.md. */
export class PackFooter {
  readonly pack: string;
  readonly count: number;
  /** Entries and trailer as they are stored. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where each chunk begins in the pack, and where the last one ends. */
  readonly #starts: Uint32Array;

  private constructor(pack: string, bytes: Uint8Array, starts: Uint32Array) {
    this.pack = pack;
    this.count = starts.length - 1;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#starts = starts;
  }

  /** The bytes that end a pack of this id, whose chunks are told by `entries`, {@link ENTRY_BYTES} each. */
  static make(pack: string, entries: Uint8Array, dataEnd: number): PackFooter {
    const bytes = new Uint8Array(entries.length + TRAILER_BYTES);
    bytes.set(entries);
    const trailer = bytes.subarray(entries.length);
    trailer.set(Buffer.from(pack, "hex"));
    const view = new DataView(bytes.buffer, entries.length);
    view.setUint32(VERSION_AT, PACK_VERSION, true);
    view.setUint32(COUNT_AT, entries.length / ENTRY_BYTES, true);
    view.setUint32(DATA_END_AT, dataEnd, true);
    view.setUint32(CRC_AT, crc32c(bytes.subarray(0, entries.length + CRC_AT)), true);
    trailer.set(PACK_MAGIC, MAGIC_AT);
    return PackFooter.endOf(bytes);
  }

  /** Bytes of the footer that ends with this trailer. Throws `corrupt-format`. */
  static lengthOf(trailer: Uint8Array): number {
    if (trailer.length !== TRAILER_BYTES) throw corrupt("it is shorter than a footer");
    if (PACK_MAGIC.some((byte, i) => trailer[MAGIC_AT + i] !== byte)) {
      throw corrupt("it does not end with LODEPACK");
    }
    const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
    const version = view.getUint32(VERSION_AT, true);
    if (version !== PACK_VERSION) {
      throw corrupt(`its version is ${version}, of which this program knows nothing`);
    }
    const count = view.getUint32(COUNT_AT, true);
    if (count < 1 || count > MAX_ENTRIES) {
      throw corrupt(`it tells of ${count} chunks; 1 to ${MAX_ENTRIES} can be`);
    }
    return count * ENTRY_BYTES + TRAILER_BYTES;
  }

  /**
   * The footer at the end of these bytes, of which it keeps a view. Every length is checked, so that reading by it
   * stays inside the pack. Throws `corrupt-format`.
   */
  static endOf(tail: Uint8Array): PackFooter {
    const length = PackFooter.lengthOf(tail.subarray(Math.max(0, tail.length - TRAILER_BYTES)));
    if (length > tail.length) throw corrupt(`it is shorter than its footer of ${length} bytes`);
    const bytes = tail.subarray(tail.length - length);
    const entryBytes = length - TRAILER_BYTES;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    if (
      crc32c(bytes.subarray(0, entryBytes + CRC_AT)) !== view.getUint32(entryBytes + CRC_AT, true)
    ) {
      throw corrupt("the checksum of its footer does not match");
    }
    const starts = startsOf(
      view,
      entryBytes / ENTRY_BYTES,
      view.getUint32(entryBytes + DATA_END_AT, true),
    );
    const pack = Buffer.from(bytes.subarray(entryBytes, entryBytes + 16)).toString("hex");
    return new PackFooter(pack, bytes, starts);
  }

  /** Bytes of the whole pack. */
  get packBytes(): number {
    return this.dataEnd + this.bytes.length;
  }

  /** Where the last chunk ends. */
  get dataEnd(): number {
    return this.#starts[this.count]!;
  }

  /** SHA-256 of a chunk's plain bytes, 64 lower hex digits. */
  hash(entry: number): string {
    return Buffer.from(this.hashBytes(entry)).toString("hex");
  }

  hashBytes(entry: number): Uint8Array {
    return this.bytes.subarray(entry * ENTRY_BYTES, entry * ENTRY_BYTES + HASH_BYTES);
  }

  /** In the pack. */
  start(entry: number): number {
    return this.#starts[entry]!;
  }

  /** In the pack; excluded. */
  end(entry: number): number {
    return this.#starts[entry + 1]!;
  }

  plainBytes(entry: number): number {
    return this.#view.getUint32(entry * ENTRY_BYTES + PLAIN_AT, true) & 0xffffff;
  }

  codec(entry: number): ChunkCodec {
    return this.bytes[entry * ENTRY_BYTES + CODEC_AT] === ZSTD ? ZSTD : PLAIN;
  }
}

/** Writes what a footer tells of one chunk. */
export function writeEntry(
  target: Uint8Array,
  at: number,
  chunk: { hash: string; storedBytes: number; plainBytes: number; codec: ChunkCodec },
): void {
  target.set(Buffer.from(chunk.hash, "hex"), at);
  const view = new DataView(target.buffer, target.byteOffset + at, ENTRY_BYTES);
  view.setUint32(STORED_AT, chunk.storedBytes, true);
  view.setUint32(PLAIN_AT, chunk.plainBytes, true);
  view.setUint8(CODEC_AT, chunk.codec);
}

function startsOf(view: DataView, count: number, dataEnd: number): Uint32Array {
  const starts = new Uint32Array(count + 1);
  let at = HEADER_BYTES;
  for (let entry = 0; entry < count; entry++) {
    starts[entry] = at;
    const from = entry * ENTRY_BYTES;
    const stored = view.getUint32(from + STORED_AT, true);
    const plain = view.getUint32(from + PLAIN_AT, true) & 0xffffff;
    const codec = view.getUint8(from + CODEC_AT);
    const right =
      plain >= 1 &&
      plain <= MAX_CHUNK_BYTES &&
      stored >= 1 &&
      (codec === PLAIN ? stored === plain : codec === ZSTD && stored < plain);
    if (!right) {
      throw corrupt(`chunk ${entry} of ${plain} bytes in ${stored} by codec ${codec} cannot be`);
    }
    at += stored;
    if (at > MAX_PACK_BYTES) throw corrupt(`its chunks take more than ${MAX_PACK_BYTES} bytes`);
  }
  starts[count] = at;
  if (at !== dataEnd) throw corrupt(`its chunks end at ${at} where it tells of ${dataEnd}`);
  return starts;
}

function corrupt(why: string): LodeError {
  return new LodeError({ code: "corrupt-format", message: `this is no pack: ${why}` });
}
