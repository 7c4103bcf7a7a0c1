import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isLodeError, LodeError } from "../errors.js";
import { loadZstdCompress, looksLikeZstd, storedFrame } from "../formats/zstd/index.js";
import { headerLine } from "./columns.js";
import type { OpLogEntry } from "./entry.js";
import { encodeNotes, NotesBuilder } from "./frame-notes.js";
import { RowEncoder } from "./row-encoder.js";
import { type OpLogWriterOptions, resolveWriterOptions } from "./writer-options.js";

/** What became of the rows of a log. */
export interface OpLogStats {
  readonly path: string;
  readonly rows: number;
  /** Rows that found the buffer full, or came after a failure or the end. */
  readonly dropped: number;
  /** Size of the file. */
  readonly bytes: number;
}

/** Bytes on their way to their place in the file. */
interface PlacedBytes {
  readonly bytes: Uint8Array;
  readonly position: number;
}

/**
 * Writes a log as a row of zstd frames. `append` returns at once: rows gather in memory until they
 * fill a frame or a second is over, and are written beside the program's work. Memory is bounded by
 * two frames and the rows that may wait.
 */
export class OpLogWriter {
  readonly path: string;
  readonly #file: FileHandle;
  /** Makes frames: stored ones until there are rows enough to load a compressor for. */
  #compress: (bytes: Uint8Array) => Uint8Array = storedFrame;
  #loading = false;
  readonly #options: ReturnType<typeof resolveWriterOptions>;
  readonly #notes = new NotesBuilder();
  readonly #text: RowEncoder;
  #waiting = 0;
  #rows = 0;
  #dropped = 0;
  #position = 0;
  #inFlight: PlacedBytes | undefined;
  #written: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: LodeError | undefined;
  #closed: Promise<OpLogStats> | undefined;

  private constructor(
    path: string,
    file: FileHandle,
    options: ReturnType<typeof resolveWriterOptions>,
  ) {
    this.path = path;
    this.#file = file;
    this.#options = options;
    this.#text = new RowEncoder(options.columns);
  }

  /**
   * Creates the file, or empties the log that is there, and writes the header. Throws
   * `invalid-argument` for options, `already-exists` if the file is something else than a log,
   * `invalid-config` if it cannot be written.
   */
  static async create(path: string, options: OpLogWriterOptions = {}): Promise<OpLogWriter> {
    const resolved = resolveWriterOptions(options);
    let file: FileHandle;
    try {
      await refuseOtherFiles(path);
      file = await open(path, "w");
    } catch (cause) {
      throw isLodeError(cause) ? cause : cannotWrite(path, cause, "invalid-config");
    }
    const writer = new OpLogWriter(path, file, resolved);
    try {
      writer.#writeNow(writer.#placed(storedFrame(Buffer.from(headerLine(resolved.columns)))));
    } catch (cause) {
      await file.close();
      throw cannotWrite(path, cause, "invalid-config");
    }
    return writer;
  }

  get stats(): OpLogStats {
    return { path: this.path, rows: this.#rows, dropped: this.#dropped, bytes: this.#position };
  }

  /** Takes a row; false if it was dropped. Never throws: a failure shows in `close`. */
  append(entry: OpLogEntry): boolean {
    if (this.#closed !== undefined || this.#failure !== undefined) {
      this.#dropped++;
      return false;
    }
    const { frameBytes, bufferRows, lossless } = this.#options;
    if (this.#text.length >= frameBytes) {
      if (this.#waiting >= bufferRows) {
        if (lossless) this.#sealNow();
        else {
          this.#dropped++;
          return false;
        }
      } else this.#waiting++;
    }
    this.#text.add(entry, this.#rows++);
    this.#notes.add(entry);
    if (!this.#loading && this.#text.length >= frameBytes / 2) this.#loadCompressor();
    this.#sealWhenDue();
    return true;
  }

  /** Until it is there frames are stored, which every reader takes as well. */
  #loadCompressor(): void {
    this.#loading = true;
    loadZstdCompress().then(
      (compress) => {
        this.#compress = (bytes) => compress(bytes, this.#options.level);
      },
      (cause: unknown) => this.#fail(cause),
    );
  }

  /** A full frame is written now, another one when its time is over. */
  #sealWhenDue(): void {
    if (this.#text.length >= this.#options.frameBytes) this.#seal();
    else if (this.#text.length > 0) {
      this.#timer ??= setTimeout(() => this.#seal(), this.#options.flushMs).unref();
    }
  }

  /** Writes what has gathered. Throws what writing threw. */
  async flush(): Promise<void> {
    while (this.#failure === undefined && (this.#text.length > 0 || this.#written !== undefined)) {
      this.#seal();
      await this.#written;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes the rest and ends the file. Again: the same result. Throws what writing threw. */
  close(): Promise<OpLogStats> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<OpLogStats> {
    clearTimeout(this.#timer);
    try {
      await this.flush();
      this.#writeNow(this.#placed(encodeNotes(this.#notes.take(this.#dropped), this.#compress)));
      await this.#file.sync();
    } catch (cause) {
      this.#fail(cause);
    } finally {
      await this.#file.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.stats;
  }

  /** Writes all that has gathered before it returns, for a process that ends now. */
  closeNow(): void {
    if (this.#closed !== undefined || this.#failure !== undefined) return;
    this.#closed = Promise.resolve(this.stats);
    clearTimeout(this.#timer);
    // The end of the process may cut off a write that is under way: it is repeated at its place.
    if (this.#inFlight !== undefined) this.#writeNow(this.#inFlight);
    if (this.#text.length > 0) this.#writeNow(this.#placed(this.#frame()));
    this.#writeNow(this.#placed(encodeNotes(this.#notes.take(this.#dropped), this.#compress)));
    // Where the process does end, the system closes it.
    void this.#file.close();
  }

  /** Closes the frame and writes it, unless one is being written: then it goes on after that. */
  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#written !== undefined || this.#text.length === 0) return;
    const placed = this.#placed(this.#frame());
    this.#inFlight = placed;
    this.#written = this.#write(placed)
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => {
        this.#written = undefined;
        this.#inFlight = undefined;
        if (this.#failure === undefined) this.#sealWhenDue();
      });
  }

  #sealNow(): void {
    try {
      this.#writeNow(this.#placed(this.#frame()));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** The rows that have gathered as a frame, with its notes before it. */
  #frame(): Uint8Array {
    this.#waiting = 0;
    const notes = encodeNotes(this.#notes.take(this.#dropped), this.#compress);
    return Buffer.concat([notes, this.#compress(this.#text.take())]);
  }

  #placed(bytes: Uint8Array): PlacedBytes {
    const position = this.#position;
    this.#position += bytes.length;
    return { bytes, position };
  }

  async #write({ bytes, position }: PlacedBytes): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
    }
  }

  #writeNow({ bytes, position }: PlacedBytes): void {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#file.fd, bytes, at, bytes.length - at, position + at);
    }
  }

  #fail(cause: unknown): void {
    this.#failure ??= cannotWrite(this.path, cause, "unexpected");
  }
}

function cannotWrite(
  path: string,
  cause: unknown,
  code: "invalid-config" | "unexpected",
): LodeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LodeError({
    code,
    message: `the operation log ${path} cannot be written: ${reason}`,
    cause,
  });
}

/** A slip in a command line must not cost a file that is no log. */
async function refuseOtherFiles(path: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 0 || looksLikeZstd(buffer.subarray(0, bytesRead))) return;
  } finally {
    await file.close();
  }
  throw new LodeError({
    code: "already-exists",
    message: `${path} is there and is no compressed log; name another file for the operation log`,
  });
}
