import { LodeError } from "../../errors.js";
import { loadZstdWasm, wasmErrorCode, type ZstdWasm } from "./zstd-wasm.js";

/** A buffer structure of three 32-bit words: address, size, position. */
const BUFFER_STRUCT_BYTES = 12;
/** Input is handed over in pieces of at most this many bytes. */
const INPUT_BYTES = 256 * 1024;

/**
 * Decompresses zstd frames (RFC 8878) as they come, any number one after the other, with skippable
 * frames between them. Holds one window (at most 128 MiB, refused beyond) and two small buffers,
 * whatever the size of the data. Must be ended by `close`.
 */
export class ZstdDecompressor {
  readonly #wasm: ZstdWasm;
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #outputBytes: number;
  /** Two buffer structures: the input's, then the output's. */
  readonly #structs: number;
  /** Zero at the end of a frame, else a hint of how many bytes are still wanted. */
  #wanted = 0;
  #closed = false;

  private constructor(wasm: ZstdWasm) {
    this.#wasm = wasm;
    this.#context = wasm.ZSTD_createDCtx();
    this.#input = wasm.malloc(INPUT_BYTES);
    this.#outputBytes = wasm.ZSTD_DStreamOutSize();
    this.#output = wasm.malloc(this.#outputBytes);
    this.#structs = wasm.malloc(2 * BUFFER_STRUCT_BYTES);
  }

  static async open(): Promise<ZstdDecompressor> {
    return new ZstdDecompressor(await loadZstdWasm());
  }

  /** Whether what was pushed so far ends inside a frame. */
  get midFrame(): boolean {
    return this.#wanted !== 0;
  }

  /** The bytes that `chunk` adds, in pieces of up to 128 KiB of their own memory. Throws `corrupt-format`. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let from = 0; from < chunk.length; from += INPUT_BYTES) {
      yield* this.#pushPiece(chunk.subarray(from, from + INPUT_BYTES));
    }
  }

  *#pushPiece(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    const wasm = this.#wasm;
    new Uint8Array(wasm.memory.buffer).set(piece, this.#input);
    const output = this.#structs + BUFFER_STRUCT_BYTES;
    this.#setStruct(this.#structs, this.#input, piece.length);
    for (;;) {
      this.#setStruct(output, this.#output, this.#outputBytes);
      const result = wasm.ZSTD_decompressStream(this.#context, output, this.#structs);
      const error = wasmErrorCode(result);
      if (error !== undefined) {
        throw new LodeError({
          code: "corrupt-format",
          message: `the data is no valid zstd (error ${error} of its decoder)`,
        });
      }
      this.#wanted = result;
      const written = this.#position(output);
      if (written > 0) {
        yield new Uint8Array(wasm.memory.buffer).slice(this.#output, this.#output + written);
      }
      // A full output buffer may hide more that is ready, also where all input has been taken.
      if (this.#position(this.#structs) === piece.length && written < this.#outputBytes) return;
    }
  }

  /** Frees its memory; twice is no error. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wasm.ZSTD_freeDCtx(this.#context);
    for (const address of [this.#input, this.#output, this.#structs]) this.#wasm.free(address);
  }

  #setStruct(at: number, address: number, size: number): void {
    const view = new DataView(this.#wasm.memory.buffer);
    view.setUint32(at, address, true);
    view.setUint32(at + 4, size, true);
    view.setUint32(at + 8, 0, true);
  }

  #position(struct: number): number {
    return new DataView(this.#wasm.memory.buffer).getUint32(struct + 8, true);
  }
}
