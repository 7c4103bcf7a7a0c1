import { LodeError } from "../../errors.js";
import { paddedSize } from "./header-block.js";
import { MemberHeaders, type TarEntry, type TarReadOptions } from "./member-headers.js";
import { StreamInput } from "./tar-input.js";

export interface TarMember extends TarEntry {
  /** All of its bytes if they are at most `wholeBytes`, else undefined. */
  readonly data: Uint8Array | undefined;
  /**
   * Its bytes as they come, for members of any size; a chunk is valid until the next is asked for. To be
   * read once, and before the next member is asked for: `invalid-argument` after that.
   */
  chunks(): AsyncIterable<Uint8Array>;
}

export interface ReadTarOptions extends TarReadOptions {
  /** Members of up to this many bytes come with `data`. 8 MiB unless told otherwise. */
  readonly wholeBytes?: number;
  /**
   * Whether `data` is memory of its own. With `false` it may be a view of the source's chunk, which is
   * then valid only until the next member is asked for. True unless told otherwise.
   */
  readonly copy?: boolean;
}

const WHOLE_BYTES = 8 * 1024 * 1024;

/**
 * The regular files of a tar archive in their order, without seeking: memory is one chunk and one member
 * of up to `wholeBytes`. What follows the archive's end is read and ignored. A name that comes twice is
 * given twice: only {@link indexTar} remembers names. Throws `corrupt-format` with the offset.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  options: ReadTarOptions = {},
): AsyncGenerator<TarMember, void, undefined> {
  const { wholeBytes = WHOLE_BYTES, copy = true } = options;
  const input = new StreamInput(source);
  const headers = new MemberHeaders(input, options);
  let ended = false;
  try {
    for (;;) {
      const entry = await headers.next();
      if (entry === undefined) break;
      const end = entry.offset + paddedSize(entry.size);
      if (entry.size <= wholeBytes) {
        const data = await readWhole(input, entry.size, copy);
        yield { ...entry, data, chunks: () => once(data) };
      } else {
        yield { ...entry, data: undefined, chunks: () => contentChunks(input, entry) };
      }
      await input.skip(end - input.position);
    }
    await input.drain();
    ended = true;
  } finally {
    if (!ended) await input.close();
  }
}

/** The next `size` bytes; a view of the source's chunk only where `copy` is false. */
export async function readWhole(
  input: StreamInput,
  size: number,
  copy: boolean,
): Promise<Uint8Array> {
  const view = input.ready(size);
  // `slice` of a Buffer, which chunks may be, is no copy.
  if (view !== undefined) return copy ? new Uint8Array(view) : view;
  const data = new Uint8Array(size);
  await input.takeInto(data);
  return data;
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (data.length > 0) yield data;
}

async function* contentChunks(
  input: StreamInput,
  { name, offset, size }: TarEntry,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = offset;
  while (at < offset + size) {
    if (input.position !== at) {
      throw new LodeError({
        code: "invalid-argument",
        message: `the content of ${JSON.stringify(name)} was read twice or after the next member was asked for`,
      });
    }
    const chunk = await input.takeSome(offset + size - at);
    at += chunk.length;
    yield chunk;
  }
}
