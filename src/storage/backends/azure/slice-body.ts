/** The same bytes in slices of exactly `size`, the last one shorter; each slice has its own memory. */
export async function* sliceBody(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let slice: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      slice ??= Buffer.allocUnsafe(size);
      const taken = Math.min(size - filled, chunk.length - at);
      slice.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < size) continue;
      yield slice;
      slice = undefined;
      filled = 0;
    }
  }
  if (slice !== undefined) yield slice.subarray(0, filled);
}
