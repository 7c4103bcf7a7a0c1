import * as zlib from "node:zlib";
import { LodeError } from "../../errors.js";

/** Makes one zstd frame (RFC 8878) that tells its size. Levels are 1 (fast) to 22 (small). */
export type ZstdCompress = (bytes: Uint8Array, level: number) => Uint8Array;

/** What Node has from 22.15 on; its types here are those of Node 20. */
interface ZlibWithZstd {
  zstdCompressSync?(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

let loaded: Promise<ZstdCompress> | undefined;

/** Node's own zstd where it has one, else WebAssembly. Loaded once. */
export function loadZstdCompress(): Promise<ZstdCompress> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ZstdCompress> {
  const { zstdCompressSync, constants } = zlib as unknown as ZlibWithZstd;
  const parameter = constants.ZSTD_c_compressionLevel;
  if (zstdCompressSync !== undefined && parameter !== undefined) {
    return (bytes, level) =>
      zstdCompressSync(bytes, { params: { [parameter]: checkedLevel(level) } });
  }
  const wasm = await import("@bokuweb/zstd-wasm");
  await wasm.init();
  return (bytes, level) => wasm.compress(bytes, checkedLevel(level));
}

function checkedLevel(level: number): number {
  if (Number.isInteger(level) && level >= 1 && level <= 22) return level;
  throw new LodeError({
    code: "invalid-argument",
    message: `zstd has no level ${level}; give a whole number from 1 to 22`,
  });
}
