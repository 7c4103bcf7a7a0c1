import { LodeError } from "../../errors.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { corruptTar } from "./corrupt-tar.js";
import { paddedSize } from "./header-block.js";
import { MemberHeaders, type TarEntry, type TarReadOptions } from "./member-headers.js";
import { RangeInput, StreamInput } from "./tar-input.js";

/**
 * Name, place and size of every regular file in an archive, in their order. From a RangeReader it reads
 * headers only where members are large. Throws `corrupt-format` for damage, for members that reach
 * past the end, and for a name that comes twice, since a name could then mean either.
 */
export async function indexTar(
  source: RangeReader | AsyncIterable<Uint8Array>,
  options: TarReadOptions = {},
): Promise<TarEntry[]> {
  if (!(Symbol.asyncIterator in source)) return collect(new RangeInput(source), options);
  const input = new StreamInput(source);
  let ended = false;
  try {
    const entries = await collect(input, options);
    await input.drain();
    ended = true;
    return entries;
  } finally {
    if (!ended) await input.close();
  }
}

async function collect(
  input: RangeInput | StreamInput,
  options: TarReadOptions,
): Promise<TarEntry[]> {
  const headers = new MemberHeaders(input, options);
  const entries: TarEntry[] = [];
  const names = new Set<string>();
  for (;;) {
    const entry = await headers.next();
    if (entry === undefined) return entries;
    if (names.has(entry.name)) {
      throw corruptTar(entry.offset, `the name ${JSON.stringify(entry.name)} comes a second time`);
    }
    names.add(entry.name);
    entries.push(entry);
    await input.skip(paddedSize(entry.size));
  }
}

/** One member's bytes by its place in an index. Throws `invalid-argument` if the archive is shorter. */
export async function readTarMember(reader: RangeReader, entry: TarEntry): Promise<Uint8Array> {
  const end = entry.offset + entry.size;
  if (end > reader.size) {
    throw new LodeError({
      code: "invalid-argument",
      message: `the member ${JSON.stringify(entry.name)} ends at byte ${end} of an archive of ${reader.size}; the index is another archive's`,
    });
  }
  return readExactly(reader, entry.offset, end);
}
