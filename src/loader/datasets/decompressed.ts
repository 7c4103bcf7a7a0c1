import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { isLodeError, LodeError } from "../../errors.js";
import { ZstdDecompressor } from "../../formats/index.js";
import { ownBytes } from "./own-bytes.js";

export type Compression = "gzip" | "zstd";

/** Endings of compressed shards. */
const ENDINGS: readonly (readonly [string, Compression])[] = [
  [".gz", "gzip"],
  [".tgz", "gzip"],
  [".zst", "zstd"],
];

/** How an object of this key is compressed, as its ending tells. */
export function compressionOf(key: string): Compression | undefined {
  return ENDINGS.find(([ending]) => key.endsWith(ending))?.[1];
}

/** The endings of a format's files, plain and compressed. */
export function withCompressed(...endings: readonly string[]): string[] {
  return endings.flatMap((ending) => [ending, `${ending}.gz`, `${ending}.zst`]);
}

/**
 * What a gzip (RFC 1952) or zstd (RFC 8878) stream holds, in bounded memory; several members or frames may follow
 * each other. Throws `corrupt-format` for damage, and for a stream that is cut off.
 */
export function decompressed(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array, void, undefined> {
  return compression === "gzip" ? gunzipped(source) : unpackedZstd(source);
}

async function* unpackedZstd(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decompressor = await ZstdDecompressor.open();
  try {
    for await (const chunk of source) yield* decompressor.push(chunk);
    if (decompressor.midFrame) throw corrupt("zstd", "it is cut off");
  } finally {
    decompressor.close();
  }
}

async function* gunzipped(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = Readable.from(owned(source), { highWaterMark: 1 });
  const gunzip = createGunzip();
  // A pipe passes no errors on.
  input.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of input.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    if (isLodeError(error)) throw error;
    throw corrupt("gzip", error instanceof Error ? error.message : String(error), error);
  } finally {
    input.destroy();
  }
}

/** zlib reads on while the next chunk is asked for. */
async function* owned(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) yield ownBytes(chunk);
}

function corrupt(format: string, why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the data is no valid ${format}: ${why}`,
    cause,
  });
}
