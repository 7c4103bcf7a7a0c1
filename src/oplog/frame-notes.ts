import { looksLikeZstd, skippableFrame, ZstdDecompressor } from "../formats/zstd/index.js";
import type { OpLogEntry } from "./entry.js";

/**
 * What the columns cannot say of the rows of one frame: which store each went to, where reads
 * began, where copies came from. It stands in a skippable frame of zstd before the rows' own, which
 * every other reader passes over. See docs/formats/op-log.md.
 */
export interface FrameNotes {
  /** Rows of the frame. */
  readonly rows: number;
  /** Store URIs and for how many rows in a row each holds; an empty URI for none. */
  readonly stores: readonly (readonly [uri: string, rows: number])[];
  /** Row of the frame (from 0) and offset in bytes, for reads of ranges. */
  readonly offsets: readonly (readonly [row: number, offset: number])[];
  readonly sources: readonly (readonly [row: number, key: string])[];
  /** Rows that were dropped since the log began. */
  readonly dropped: number;
}

/** Which of the 16 magic numbers for skippable frames is used. */
const NOTES_KIND = 0xa;
const NOTES_MAGIC = 0x184d2a50 + NOTES_KIND;
const NAME = "lodestore-op-log";
/** Notes are a small part of a frame of rows; what is longer is not ours. */
const MAX_NOTES_BYTES = 64 * 1024 * 1024;

/** Gathers the notes of a frame as its rows are added. */
export class NotesBuilder {
  #rows = 0;
  #stores: [string, number][] = [];
  #offsets: [number, number][] = [];
  #sources: [number, string][] = [];

  add(entry: OpLogEntry): void {
    const store = entry.store ?? "";
    const last = this.#stores.at(-1);
    if (last !== undefined && last[0] === store) last[1]++;
    else this.#stores.push([store, 1]);
    if (entry.offset !== undefined) this.#offsets.push([this.#rows, entry.offset]);
    if (entry.source !== undefined) this.#sources.push([this.#rows, entry.source]);
    this.#rows++;
  }

  /** The notes so far; further rows begin new ones. */
  take(dropped: number): FrameNotes {
    const notes = {
      rows: this.#rows,
      stores: this.#stores,
      offsets: this.#offsets,
      sources: this.#sources,
      dropped,
    };
    this.#rows = 0;
    this.#stores = [];
    this.#offsets = [];
    this.#sources = [];
    return notes;
  }
}

/** The skippable frame of notes; `compress` makes a zstd frame. */
export function encodeNotes(
  notes: FrameNotes,
  compress: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const text = JSON.stringify({ format: NAME, version: 1, ...notes });
  return skippableFrame(NOTES_KIND, compress(Buffer.from(text)));
}

/** The notes in a skippable frame; undefined for one of another program, or of a later version. */
export async function decodeNotes(
  magic: number,
  content: Uint8Array,
): Promise<FrameNotes | undefined> {
  if (magic !== NOTES_MAGIC || !looksLikeZstd(content)) return undefined;
  const parsed: unknown = parseOrUndefined(await decompressed(content));
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { format, version, rows, stores, offsets, sources, dropped } = parsed as Record<
    string,
    unknown
  >;
  if (format !== NAME || version !== 1) return undefined;
  return {
    rows: count(rows) ?? 0,
    stores: pairs(stores, isText, isCount),
    offsets: pairs(offsets, isCount, isCount),
    sources: pairs(sources, isCount, isText),
    dropped: count(dropped) ?? 0,
  };
}

async function decompressed(content: Uint8Array): Promise<string> {
  const decompressor = await ZstdDecompressor.open();
  try {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for (const piece of decompressor.push(content)) {
      bytes += piece.length;
      if (bytes > MAX_NOTES_BYTES) return "";
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  } finally {
    decompressor.close();
  }
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Not ours: another program may use the same magic number.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

function count(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function pairs<A, B>(
  value: unknown,
  isFirst: (value: unknown) => value is A,
  isSecond: (value: unknown) => value is B,
): [A, B][] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (pair): pair is [A, B] => Array.isArray(pair) && isFirst(pair[0]) && isSecond(pair[1]),
  );
}
