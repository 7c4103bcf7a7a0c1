import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import { constants, createInflateRaw, deflateRaw } from "node:zlib";
import { isLodeError, LodeError } from "../../errors.js";

/** Larger than zlib's own, which makes a turn of the event loop for each 16 KiB. */
const OUTPUT_BYTES = 256 * 1024;
/** Content is compressed in blocks, so that the result does not depend on how it was cut into chunks. */
const BLOCK_BYTES = 1024 * 1024;
/** How far back deflate refers (RFC 1951 §2). */
const WINDOW_BYTES = 32 * 1024;

const compress = promisify(deflateRaw);

/** The chunks as one raw deflate stream (RFC 1951). A chunk is used up before the next is asked for. */
export async function* deflated(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const block = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let dictionary: Uint8Array | undefined;
  const options = (finishFlush: number) => ({ finishFlush, ...(dictionary && { dictionary }) });
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const piece = chunk.subarray(from, from + BLOCK_BYTES - filled);
      block.set(piece, filled);
      filled += piece.length;
      from += piece.length;
      if (filled < BLOCK_BYTES) continue;
      yield await compress(block, options(constants.Z_SYNC_FLUSH));
      dictionary = block.slice(-WINDOW_BYTES);
      filled = 0;
    }
  }
  yield await compress(block.subarray(0, filled), options(constants.Z_FINISH));
}

/**
 * What a raw deflate stream of `length` bytes holds. Throws `corrupt-format` if it is damaged, does
 * not end, or ends before `length`.
 */
export async function* inflated(
  source: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inflate = createInflateRaw({ chunkSize: OUTPUT_BYTES });
  // An error destroys `inflate`, which throws it below: nothing is left to do in the callback.
  pipeline(Readable.from(source), inflate, () => {});
  try {
    for await (const chunk of inflate as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (isLodeError(error)) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw corrupt(text, error);
  }
  if (inflate.bytesWritten !== length) throw corrupt("it ends before its last byte");
}

function corrupt(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the data is no valid deflate stream: ${why}`,
    cause,
  });
}
