import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { ZstdDecompressor } from "../zstd/index.js";
import { corruptParquet, unsupportedParquet } from "./corrupt-parquet.js";

/** Decompresses pages of a codec. To be closed. */
export interface PageDecompressor {
  /** Fills `target` with what `packed` holds; throws if that is more or less. */
  readonly into: (target: Uint8Array, packed: Uint8Array) => void;
  readonly close: () => void;
}

/**
 * The decompressor for a codec, loaded at first use. Node's for GZIP and BROTLI and ours for ZSTD stop where the page
 * should end, hyparquet's for the others take memory of that length only.
 */
export async function openDecompressor(codec: CompressionCodec): Promise<PageDecompressor> {
  switch (codec) {
    case "UNCOMPRESSED":
      return whole((packed) => packed);
    case "GZIP":
      return whole((packed, maxOutputLength) => gunzipSync(packed, { maxOutputLength }));
    case "BROTLI":
      return whole((packed, maxOutputLength) => brotliDecompressSync(packed, { maxOutputLength }));
    case "ZSTD":
      return zstd(await ZstdDecompressor.open());
    case "SNAPPY":
    case "LZ4":
    case "LZ4_RAW": {
      const { compressors } = await import("hyparquet-compressors");
      const decompress = compressors[codec];
      if (decompress !== undefined) return whole(decompress);
    }
  }
  throw unsupportedParquet(`pages compressed by ${codec}`);
}

function whole(decompress: (packed: Uint8Array, length: number) => Uint8Array): PageDecompressor {
  return {
    into(target, packed) {
      const plain = target.length === 0 ? target : decompress(packed, target.length);
      if (plain.length !== target.length) throw otherLength(target.length);
      target.set(plain);
    },
    close() {},
  };
}

function zstd(decompressor: ZstdDecompressor): PageDecompressor {
  return {
    into(target, packed) {
      let filled = 0;
      for (const piece of decompressor.push(packed)) {
        if (filled + piece.length > target.length) throw otherLength(target.length);
        target.set(piece, filled);
        filled += piece.length;
      }
      if (filled < target.length || decompressor.midFrame) throw otherLength(target.length);
    },
    close: () => decompressor.close(),
  };
}

function otherLength(length: number): Error {
  return corruptParquet(`a page does not decompress to the ${length} bytes that it says to have`);
}
