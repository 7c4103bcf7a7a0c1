import * as zlib from "node:zlib";

type Done = (error: Error | null, result: Uint8Array) => void;

/** What Node's zlib has from 22.15 on. */
export interface NodeZstd {
  zstdCompressSync(bytes: Uint8Array, options: NodeZstdOptions): Uint8Array;
  zstdCompress(bytes: Uint8Array, options: NodeZstdOptions, done: Done): void;
  zstdDecompress(bytes: Uint8Array, options: NodeZstdOptions, done: Done): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
}

export interface NodeZstdOptions {
  readonly params?: Readonly<Record<number, number>> | undefined;
  /** Bytes that output is collected in. */
  readonly chunkSize?: number | undefined;
  readonly maxOutputLength?: number | undefined;
}

/** Node's own zstd, if it has one; the types here are those of Node 20, which has none. */
export function nodeZstd(): NodeZstd | undefined {
  return "zstdCompress" in zlib ? (zlib as unknown as NodeZstd) : undefined;
}
