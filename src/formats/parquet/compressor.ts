import { loadZstdCompress, type ZstdCompress } from "../zstd/index.js";
import { invalid } from "./column.js";
import type { ParquetCompression } from "./footer-writer.js";

/** What compresses pages, if anything. Throws `invalid-argument` for a name that is none of these. */
export async function compressor(
  compression: ParquetCompression,
): Promise<ZstdCompress | undefined> {
  if (compression === "none") return undefined;
  if (compression === "zstd") return loadZstdCompress();
  throw invalid(`there is no compression ${JSON.stringify(compression)}; use none or zstd`);
}
