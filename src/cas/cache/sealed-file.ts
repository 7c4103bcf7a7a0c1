import { type FileHandle, open } from "node:fs/promises";
import { crc32c } from "../../core/index.js";
import { isFsError } from "../../storage/local-disk/index.js";

/** Bytes of content that share a checksum: about a chunk, which is what is read of a file at least. */
const BLOCK = 64 * 1024;
const CRC_BYTES = 4;
/** A file's time of last use is kept to a minute, so that most reads write nothing. */
const USE_MS = 60_000;

/** Bytes of the file that holds so much content. */
export function sealedBytes(content: number): number {
  return content + Math.ceil(content / BLOCK) * CRC_BYTES;
}

/**
 * Writes content, then its seal: the CRC-32C of each 64 KiB of it, as u32 little-endian. Nothing is synced: after a crash
 * of the machine the seal tells what is damaged.
 */
export class SealedWriter {
  readonly #handle: FileHandle;
  readonly #seal: number[] = [];
  #crc = 0;
  #blockBytes = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Into a file that is there. */
  static async open(path: string): Promise<SealedWriter> {
    return new SealedWriter(await open(path, "r+"));
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + BLOCK - this.#blockBytes);
      this.#crc = crc32c(part, this.#crc);
      this.#blockBytes += part.length;
      at += part.length;
      if (this.#blockBytes === BLOCK) this.#endBlock();
    }
    await this.#handle.writeFile(piece);
  }

  async seal(): Promise<void> {
    if (this.#blockBytes > 0) this.#endBlock();
    const table = Buffer.alloc(this.#seal.length * CRC_BYTES);
    for (const [block, crc] of this.#seal.entries()) table.writeUInt32LE(crc, block * CRC_BYTES);
    await this.#handle.writeFile(table);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #endBlock(): void {
    this.#seal.push(this.#crc);
    this.#crc = 0;
    this.#blockBytes = 0;
  }
}

/** Bytes of a file with so much content, and notes that it was used. Undefined if the file is damaged. */
export async function readSealed(
  path: string,
  content: number,
  start: number,
  end: number,
): Promise<Uint8Array | undefined> {
  const handle = await open(path, "r");
  try {
    const { size, mtimeMs } = await handle.stat();
    if (size !== sealedBytes(content)) return undefined;
    const [first, last] = [Math.floor(start / BLOCK), Math.ceil(end / BLOCK)];
    const from = first * BLOCK;
    const bytes = await readAt(handle, from, Math.min(content, last * BLOCK));
    const seal = await readAt(handle, content + first * CRC_BYTES, content + last * CRC_BYTES);
    for (let block = 0; block < last - first; block++) {
      const crc = crc32c(bytes.subarray(block * BLOCK, (block + 1) * BLOCK));
      if (crc !== seal.readUInt32LE(block * CRC_BYTES)) return undefined;
    }
    if (Date.now() - mtimeMs > USE_MS) await noteUse(handle);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start - from, end - start);
  } finally {
    await handle.close();
  }
}

/** What is behind the end of the file reads as zeros, which the seal finds. */
async function readAt(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes;
}

async function noteUse(handle: FileHandle): Promise<void> {
  const now = new Date();
  try {
    await handle.utimes(now, now);
  } catch (error) {
    // A cache that this user may only read serves as well.
    if (!isFsError(error, "EACCES", "EPERM", "EROFS")) throw error;
  }
}
