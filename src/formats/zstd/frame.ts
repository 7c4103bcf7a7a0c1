import { LodeError, toLodeError } from "../../errors.js";
import { checkedLevel, loadZstdCompress } from "./compress.js";
import { ZstdFrameScanner } from "./frame-scanner.js";
import { type NodeZstd, type NodeZstdOptions, nodeZstd } from "./node-zstd.js";
import { decompressInWasm } from "./wasm-frame.js";

/** Bytes, compressed bytes and the compressor's tables must fit into the 2 GiB of WebAssembly's memory. */
const MAX_FRAME_BYTES = 512 * 1024 * 1024;
/** Node collects output in chunks; larger ones cost more for their fresh pages than joining these. */
const CHUNK_BYTES = 1024 * 1024;
/** Node's zlib takes no smaller chunks. */
const LEAST_CHUNK_BYTES = 64;

/**
 * One zstd frame (RFC 8878) of at most 512 MiB, in memory of its own. Levels are 1 (fast) to 22 (small).
 * Node 22.15 and later compress on the thread pool; before, WebAssembly does, and holds the calling
 * thread meanwhile. Throws `invalid-argument` for another level or more bytes.
 */
export async function compressFrame(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  checkedLevel(level);
  if (bytes.length > MAX_FRAME_BYTES) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${bytes.length} bytes are too many for one zstd frame here; cut them into frames of at most ${MAX_FRAME_BYTES}`,
    });
  }
  try {
    const node = nodeZstd();
    if (node === undefined) return (await loadZstdCompress())(bytes, level);
    return await onThreadPool(node, "zstdCompress", bytes, {
      params: { [node.constants.ZSTD_c_compressionLevel]: level },
      chunkSize: chunkBytes(bytes.length),
    });
  } catch (error) {
    throw toLodeError(error, "zstd");
  }
}

/**
 * The `size` bytes that one zstd frame was made of, in memory of their own; on Node 22.15 and later
 * on the thread pool. A frame that holds more is given up, within a chunk of 1 MiB. Throws
 * `corrupt-format` for damage, for another size and for anything but one frame of data, `unsupported` beyond 512 MiB.
 */
export async function decompressFrame(frame: Uint8Array, size: number): Promise<Uint8Array> {
  if (size > MAX_FRAME_BYTES || frame.length > MAX_FRAME_BYTES) {
    throw new LodeError({
      code: "unsupported",
      message: `a zstd frame of ${frame.length} bytes for ${size} is not read at once; ${MAX_FRAME_BYTES} bytes are the most`,
    });
  }
  checkOneFrame(frame);
  const node = nodeZstd();
  const bytes =
    node === undefined
      ? await decompressInWasm(frame, size)
      : await decompressInNode(node, frame, size);
  if (bytes.length === size) return bytes;
  throw corrupt(`a frame has ${bytes.length} bytes where ${size} are declared`);
}

/** Decoders differ in what they make of bytes behind a frame. */
function checkOneFrame(frame: Uint8Array): void {
  const scanner = new ZstdFrameScanner();
  for (const piece of scanner.push(frame)) {
    if (piece.kind === "skippable") throw corrupt("a skippable frame stands where data should");
  }
  if (scanner.midFrame) throw corrupt("it ends inside a frame");
  if (scanner.frames !== 1) throw corrupt(`${scanner.frames} frames stand where one should`);
}

async function decompressInNode(
  node: NodeZstd,
  frame: Uint8Array,
  size: number,
): Promise<Uint8Array> {
  try {
    return await onThreadPool(node, "zstdDecompress", frame, {
      chunkSize: chunkBytes(size + 1),
      maxOutputLength: Math.max(1, size),
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw corrupt(`a frame has more than ${size} bytes`);
    throw corrupt(message, error);
  }
}

function onThreadPool(
  node: NodeZstd,
  call: "zstdCompress" | "zstdDecompress",
  bytes: Uint8Array,
  options: NodeZstdOptions,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    node[call](bytes, options, (error, result) => {
      // Not as the Buffer that it is: `slice` of one makes no copy.
      if (error === null) resolve(new Uint8Array(result.buffer, result.byteOffset, result.length));
      else reject(error);
    });
  });
}

function chunkBytes(size: number): number {
  return Math.min(CHUNK_BYTES, Math.max(LEAST_CHUNK_BYTES, size));
}

function corrupt(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the data is no valid zstd: ${why}`,
    cause,
  });
}
