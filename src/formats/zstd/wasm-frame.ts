import { LodeError } from "../../errors.js";
import { loadZstdWasm, wasmErrorCode, type ZstdWasm } from "./zstd-wasm.js";

/** Scratch memory that stays for the next frame; enough for a block of 8 MiB that does not shrink. */
const KEPT_BYTES = 18 * 1024 * 1024;

/** One place for a frame and what comes of it; calls are synchronous, so that one is enough. */
let scratch = { address: 0, bytes: 0 };

/** The bytes of a frame; `corrupt-format` for more than `size`, and for damage. */
export async function decompressInWasm(frame: Uint8Array, size: number): Promise<Uint8Array> {
  const wasm = await loadZstdWasm();
  const input = reserve(wasm, frame.length + size);
  const output = input + frame.length;
  new Uint8Array(wasm.memory.buffer).set(frame, input);
  const result = wasm.ZSTD_decompress(output, size, input, frame.length);
  const code = wasmErrorCode(result);
  const bytes =
    code === undefined
      ? new Uint8Array(wasm.memory.buffer).slice(output, output + result)
      : undefined;
  if (scratch.bytes > KEPT_BYTES) release(wasm);
  if (bytes !== undefined) return bytes;
  throw new LodeError({
    code: "corrupt-format",
    message: `the data is no valid zstd of ${size} bytes (error ${code} of its decoder)`,
  });
}

function reserve(wasm: ZstdWasm, bytes: number): number {
  if (scratch.bytes >= bytes) return scratch.address;
  release(wasm);
  const address = wasm.malloc(bytes) >>> 0;
  if (address === 0) {
    throw new LodeError({
      code: "unsupported",
      message: `WebAssembly has no memory for a zstd frame and its content of together ${bytes} bytes; use smaller frames`,
    });
  }
  scratch = { address, bytes };
  return address;
}

function release(wasm: ZstdWasm): void {
  wasm.free(scratch.address);
  scratch = { address: 0, bytes: 0 };
}
