/**
 * Offsets, lengths and addresses of O_DIRECT are multiples of the device's logical block, 512 or 4,096
 * bytes (open(2), "O_DIRECT"); multiples of the larger one, the page, suit both.
 */
export const ALIGNMENT = 4096;

/**
 * From so many bytes on, memory for reading files should begin at a page. The C library maps larger pieces 16 bytes behind one, where
 * some processors' copy out of the page cache takes three times as long.
 */
export const ALIGN_FROM = 128 * 1024;

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

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

export function alignDown(bytes: number): number {
  return Math.floor(bytes / ALIGNMENT) * ALIGNMENT;
}
