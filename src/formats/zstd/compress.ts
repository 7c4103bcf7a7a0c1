import { LodeError } from "../../errors.js";
import { nodeZstd } from "./node-zstd.js";

/** Makes one zstd frame (RFC 8878) that tells its size. Levels are 1 (fast) to 22 (small). */
export type ZstdCompress = (bytes: Uint8Array, level: number) => Uint8Array;

let loaded: Promise<ZstdCompress> | undefined;

/** Node's own zstd where it has one, else WebAssembly. Loaded once. */
export function loadZstdCompress(): Promise<ZstdCompress> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ZstdCompress> {
  const node = nodeZstd();
  if (node !== undefined) {
    const parameter = node.constants.ZSTD_c_compressionLevel;
    return (bytes, level) =>
      node.zstdCompressSync(bytes, { params: { [parameter]: checkedLevel(level) } });
  }
  const wasm = await import("@bokuweb/zstd-wasm");
  await wasm.init();
  return (bytes, level) => wasm.compress(bytes, checkedLevel(level));
}

/** Throws `invalid-argument` for a level that zstd does not have. */
export function checkedLevel(level: number): number {
  if (Number.isInteger(level) && level >= 1 && level <= 22) return level;
  throw new LodeError({
    code: "invalid-argument",
    message: `zstd has no level ${level}; give a whole number from 1 to 22`,
  });
}
