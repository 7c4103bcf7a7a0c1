import { LodeError, throwIfAborted } from "../errors.js";
import { looksLikeZstd, ZstdDecompressor, ZstdFrameScanner } from "../formats/zstd/index.js";
import type { OpLogEntry } from "./entry.js";
import { decodeNotes } from "./frame-notes.js";
import { LogText } from "./log-text.js";
import { NotedRows } from "./noted-rows.js";

export interface ReadOpLogOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Told, after all whole rows, that the end of the log is missing, as after a crash of its writer. Without
   * it that is an error (`incomplete-read`).
   */
  readonly onTruncated?: ((error: LodeError) => void) | undefined;
  /** Told at the end how many rows the log's writer had to drop, if any. */
  readonly onDropped?: ((rows: number) => void) | undefined;
  /** Most rows of a batch. Default 4,096. */
  readonly batchRows?: number | undefined;
}

/**
 * The rows of a log, in batches and in the log's own order: TSV, CSV or JSON lines, plain or zstd, told
 * apart by their first bytes; logs of Lodestore, warp (11 to 15 columns) and s3dlio. Memory does not
 * grow with the log. Throws `corrupt-format` naming the row, `incomplete-read`, `aborted`.
 */
export async function* readOpLog(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOpLogOptions = {},
): AsyncGenerator<OpLogEntry[], void, undefined> {
  const { batchRows = 4096, signal } = options;
  const text = new LogText();
  const noted = new NotedRows();
  let truncated = false;
  for await (const piece of textPieces(chunks, (cut) => (truncated = cut))) {
    throwIfAborted(signal, "read");
    if (piece.notes !== undefined) {
      noted.begin(piece.notes);
      continue;
    }
    for (const batch of text.push(piece.bytes, batchRows)) yield noted.apply(batch);
  }
  throwIfAborted(signal, "read");
  const cutLine = text.midLine;
  const last = truncated ? undefined : text.end();
  if (last !== undefined) yield noted.apply([last]);
  if (!text.begun && !truncated) {
    throw new LodeError({
      code: "corrupt-format",
      message: "there is no operation log: it is empty",
    });
  }
  if (noted.dropped > 0) options.onDropped?.(noted.dropped);
  if (truncated || (cutLine && last === undefined)) {
    const error = new LodeError({
      code: "incomplete-read",
      message: "the end of the operation log is missing, as after a crash; all before it was read",
    });
    if (options.onTruncated === undefined) throw error;
    options.onTruncated(error);
  }
}

type TextPiece =
  | { readonly bytes: Uint8Array; readonly notes?: undefined }
  | { readonly notes: NonNullable<Awaited<ReturnType<typeof decodeNotes>>> };

/** The log's text without compression, with the notes on the frames where they stand. */
async function* textPieces(
  chunks: AsyncIterable<Uint8Array>,
  onEnd: (truncated: boolean) => void,
): AsyncGenerator<TextPiece, void, undefined> {
  let head: Uint8Array = new Uint8Array(0);
  let frames: ZstdFrameScanner | undefined;
  let decompressor: ZstdDecompressor | undefined;
  let isPlain = false;
  try {
    for await (const chunk of chunks) {
      let bytes = chunk;
      if (!isPlain && frames === undefined) {
        bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
        if (bytes.length < 4) {
          head = bytes.slice();
          continue;
        }
        if (looksLikeZstd(bytes)) {
          frames = new ZstdFrameScanner();
          decompressor = await ZstdDecompressor.open();
        } else isPlain = true;
      }
      if (frames === undefined || decompressor === undefined) {
        yield { bytes };
        continue;
      }
      for (const piece of frames.push(bytes)) {
        if (piece.kind === "data") {
          for (const text of decompressor.push(piece.bytes)) yield { bytes: text };
          continue;
        }
        const notes = await decodeNotes(piece.magic, piece.content);
        if (notes !== undefined) yield { notes };
      }
    }
    if (!isPlain && frames === undefined && head.length > 0) yield { bytes: head };
    onEnd(frames?.midFrame === true || decompressor?.midFrame === true);
  } finally {
    decompressor?.close();
  }
}
