/**
 * Offsets, lengths and addresses of O_DIRECT are multiples of the device's logical block, 512 or 4,096
 * bytes (open(2), "O_DIRECT"); multiples of the larger one, the page, suit both.
 */
export const ALIGNMENT = 4096;

/** The C library maps pieces of so many bytes and more by themselves (mallopt(3), M_MMAP_THRESHOLD), 16 bytes behind a page. */
const MAPPED_FROM = 128 * 1024;
const MAPPED_AT = 16;

/** Options of the standard's resizable buffers, which this level of the compiler's library lacks. */
type ResizableBuffer = new (length: number, options: { maxByteLength: number }) => ArrayBuffer;

/** The compiler's library of this level does not know WebAssembly; a page of it has 64 KiB. */
type WasmMemory = new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };

/** The ways to get memory that begins at a page, best first. */
export type AlignedSource = "resizable" | "wasm";

/**
 * Memory of at least `bytes` bytes that begins at a page. V8 reserves whole pages for a resizable
 * buffer and for the memory of WebAssembly; neither promises it, so users try a transfer first.
 */
export function allocateAligned(bytes: number, source: AlignedSource = "resizable"): Uint8Array {
  const length = Math.max(ALIGNMENT, alignUp(bytes));
  if (source === "wasm") {
    const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: WasmMemory } })
      .WebAssembly;
    const memory = new Memory({ initial: Math.ceil(length / 65_536) });
    return new Uint8Array(memory.buffer, 0, length);
  }
  const Buffer = ArrayBuffer as unknown as ResizableBuffer;
  return new Uint8Array(new Buffer(length, { maxByteLength: length }), 0, length);
}

/**
 * Memory to read files into, that callers may be given: an ordinary buffer, of which large ones are used from a page on. There some
 * processors copy out of the page cache three times as fast as right behind it.
 */
export function allocateForReads(bytes: number): Uint8Array {
  if (bytes < MAPPED_FROM) return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
  const memory = Buffer.allocUnsafeSlow(bytes + ALIGNMENT).buffer;
  return new Uint8Array(memory, ALIGNMENT - MAPPED_AT, bytes);
}

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

export function alignDown(bytes: number): number {
  return Math.floor(bytes / ALIGNMENT) * ALIGNMENT;
}
