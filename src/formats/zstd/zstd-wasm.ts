/** The part of libzstd's C interface that the WebAssembly module exports. */
export interface ZstdWasm {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(address: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): number;
  ZSTD_DStreamOutSize(): number;
  ZSTD_decompress(target: number, room: number, source: number, size: number): number;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** Errors are the top of `size_t`'s range: `-code` (zstd's `ERR_isError`). */
const MAX_ERROR_CODE = 120;

/** The code of zstd's error, if what a function gave back is one. */
export function wasmErrorCode(result: number): number | undefined {
  const signed = result | 0;
  return signed < 0 && signed >= -MAX_ERROR_CODE ? -signed : undefined;
}

let loaded: Promise<ZstdWasm> | undefined;

/**
 * The module of `zstddec`. Its own streaming takes a synchronous source of chunks and repeats for ever on
 * damaged data, so its exports are used in its place.
 */
export function loadZstdWasm(): Promise<ZstdWasm> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ZstdWasm> {
  const { ZSTDDecoder } = await import("zstddec/stream");
  let wasm: ZstdWasm | undefined;
  const decoder = new ZSTDDecoder();
  const init = decoder._init;
  // Called with what WebAssembly made of the module, whose exports are not told otherwise.
  decoder._init = (made) => {
    init.call(decoder, made);
    wasm = made.instance.exports as unknown as ZstdWasm;
  };
  await decoder.init();
  return wasm as unknown as ZstdWasm;
}
