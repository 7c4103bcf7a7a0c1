import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { packKey } from "../keys.js";
import { decodeChunk, PACK_MAGIC, type PackFooter } from "../packs/index.js";

/** Bytes of a pack that are read at a time; with the plain bytes of their chunks up to four times as much in memory. */
const READ_BYTES = 4 * 1024 * 1024;
export const SCAN_MEMORY = 4 * READ_BYTES;

/** A place where a pack is not what its footer says. */
export interface PackFlaw {
  readonly offset: number;
  readonly reason: string;
}

/** Reads all of a pack but its footer and compares each chunk with its hash. Throws `not-found`. */
export async function* scanPack(
  store: ObjectStore,
  footer: PackFooter,
  { signal }: CallOptions = {},
): AsyncGenerator<PackFlaw, void, undefined> {
  const key = packKey(footer.pack);
  const start = await store.getRanges(key, [{ start: 0, end: footer.start(0) }], { signal });
  if (!startsAsPack(start[0]!)) yield { offset: 0, reason: "it does not begin with LODEPACK" };
  for (let first = 0; first < footer.count; ) {
    let end = first + 1;
    while (end < footer.count && footer.end(end) - footer.start(first) <= READ_BYTES) end++;
    const read = (from: number, to: number): Promise<Uint8Array> =>
      readRange(store, key, { start: footer.start(from), end: footer.end(to - 1) }, signal);
    const bytes = await read(first, end);
    for (let entry = first; entry < end; entry++) {
      const at = footer.start(entry) - footer.start(first);
      const chunk = bytes.subarray(at, at + footer.end(entry) - footer.start(entry));
      if ((await decodeChunk(footer, entry, chunk, true)) !== undefined) continue;
      // It may have been damaged on its way.
      const again = await read(entry, entry + 1);
      if ((await decodeChunk(footer, entry, again, true)) !== undefined) continue;
      yield {
        offset: footer.start(entry),
        reason: `chunk ${entry} is not what its hash says`,
      };
    }
    first = end;
  }
}

export function startsAsPack(bytes: Uint8Array): boolean {
  return PACK_MAGIC.every((byte, at) => bytes[at] === byte);
}

async function readRange(
  store: ObjectStore,
  key: string,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  return (await store.getRanges(key, [range], { signal }))[0]!;
}
