import { abortable, allocateForReads, crc32c } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import type { PutBody } from "../backend.js";
import type { ChunkReader, DataFile, DataIo, WrittenBody } from "./data-io.js";
import type { FsCalls } from "./fs-calls.js";
import { bodyLength, wrongLength } from "./store-errors.js";

const READ_CHUNK = 1 << 20;
const WRITE_PIECE = 8 << 20;
/** Most bytes that Linux moves in one call are 2 GiB less a page (write(2)). */
const READ_PIECE = 1 << 30;

/** Ordinary reads and writes through the operating system's page cache. */
export class BufferedIo implements DataIo {
  readonly smallBytes = 256 << 10;
  readonly #calls: FsCalls;

  constructor(calls: FsCalls) {
    this.#calls = calls;
  }

  async open(path: string, flags: number, mode?: number): Promise<DataFile> {
    return new BufferedFile(this.#calls, await this.#calls.open(path, flags, mode));
  }

  close(): void {}
}

export class BufferedFile implements DataFile {
  readonly fd: number;
  readonly #calls: FsCalls;

  constructor(calls: FsCalls, fd: number) {
    this.#calls = calls;
    this.fd = fd;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.byteLength) {
      const piece = target.subarray(done, done + READ_PIECE);
      const count = await this.#calls.read(this.fd, piece, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  chunks(start: number, end: number): ChunkReader {
    return new BufferedChunks(this, start, end);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.byteLength) {
      const piece = bytes.subarray(done, done + WRITE_PIECE);
      const count = await this.#calls.write(this.fd, piece, position + done);
      if (count === 0) throw new Error("the file system wrote no bytes and told no error");
      done += count;
    }
  }

  async writeBody(body: PutBody, signal: AbortSignal | undefined): Promise<WrittenBody> {
    const length = bodyLength(body);
    let size = 0;
    let crc = 0;
    for await (const chunk of pieces(body, signal)) {
      throwIfAborted(signal);
      if (size + chunk.byteLength > length) throw wrongLength(length, size + chunk.byteLength);
      const writing = this.write(chunk, size);
      // A thread of the pool writes meanwhile; its failure must have a listener from the start.
      writing.catch(() => {});
      crc = crc32c(chunk, crc);
      size += chunk.byteLength;
      await writing;
    }
    throwIfAborted(signal);
    if (size !== length) throw wrongLength(length, size);
    return { size, crc32c: crc };
  }

  async setSize(size: number): Promise<void> {
    await this.#calls.ftruncate(this.fd, size);
  }

  close(): Promise<void> {
    return this.#calls.close(this.fd);
  }
}

/**
 * A body as chunks. An abort is heard between them, and also while the source of a stream does not
 * deliver: the source is then told to end, and not waited for.
 */
export function pieces(
  body: PutBody,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (body instanceof Uint8Array) return slices(body);
  return signal === undefined ? body.stream() : abortable(body.stream(), signal, "put");
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += WRITE_PIECE) {
    yield bytes.subarray(at, at + WRITE_PIECE);
  }
}

/** Reads one chunk ahead into the second of two buffers while the caller holds the first. */
class BufferedChunks implements ChunkReader {
  readonly #file: DataFile;
  readonly #end: number;
  readonly #buffers: (Uint8Array | undefined)[] = [undefined, undefined];
  #turn = 0;
  #position: number;
  #ahead: Promise<Uint8Array> | undefined;

  constructor(file: DataFile, start: number, end: number) {
    this.#file = file;
    this.#position = start;
    this.#end = end;
  }

  async next(): Promise<Uint8Array | undefined> {
    const current = this.#ahead ?? this.#start();
    this.#ahead = undefined;
    const chunk = await current;
    if (chunk === undefined || chunk.byteLength === 0) return undefined;
    this.#ahead = this.#start();
    this.#ahead?.catch(() => {}); // told by the next call
    return chunk;
  }

  async close(): Promise<void> {
    this.#position = this.#end;
    await this.#ahead?.catch(() => {}); // nobody asks for these bytes any more
  }

  #start(): Promise<Uint8Array> | undefined {
    const length = Math.min(READ_CHUNK, this.#end - this.#position);
    if (length <= 0) return undefined;
    this.#turn = 1 - this.#turn;
    let buffer = this.#buffers[this.#turn];
    if (buffer === undefined || buffer.byteLength < length) {
      buffer = allocateForReads(length);
      this.#buffers[this.#turn] = buffer;
    }
    const target = buffer.subarray(0, length);
    const position = this.#position;
    this.#position += length;
    return this.#file.read(target, position).then((count) => target.subarray(0, count));
  }
}
