/** All of a stream in one piece. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return Buffer.concat(parts);
}

/** The bytes in chunks of `step`, each in the same memory: whoever keeps one without a copy is found out. */
export async function* reusingChunks(
  bytes: Uint8Array,
  step: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = new Uint8Array(step);
  for (let at = 0; at < bytes.length; at += step) {
    const piece = bytes.subarray(at, at + step);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
    memory.fill(0xee);
  }
}
