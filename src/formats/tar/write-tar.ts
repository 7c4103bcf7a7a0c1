import { LodeError } from "../../errors.js";
import { OutputPieces } from "../output-pieces.js";
import { BLOCK_BYTES, paddedSize } from "./header-block.js";
import { memberHeaderBytes, memberHeaderSize, type TarAttributes } from "./member-header-bytes.js";

/** A member to be written: its bytes, or a stream and its length. */
export type TarMemberInput = TarAttributes & { readonly name: string } & (
    | { readonly data: Uint8Array; readonly size?: undefined }
    | { readonly data: AsyncIterable<Uint8Array>; readonly size: number }
  );

export interface TarWriteOptions extends TarAttributes {
  /** Fills the archive with zeros to a multiple of 10,240 bytes, as GNU tar does. */
  readonly padRecord?: boolean;
}

const RECORD_BYTES = 20 * BLOCK_BYTES;
const END_BYTES = 2 * BLOCK_BYTES;

/** The exact size in bytes of the archive that {@link writeTar} makes of members of these names and sizes. */
export function tarSize(
  members: Iterable<{ readonly name: string; readonly size: number }>,
  options: Pick<TarWriteOptions, "padRecord"> = {},
): number {
  let total = 0;
  for (const { name, size } of members) total += memberHeaderSize(name, size) + paddedSize(size);
  return total + endSize(total, options);
}

function endSize(before: number, { padRecord = false }: TarWriteOptions): number {
  const end = before + END_BYTES;
  return (padRecord ? Math.ceil(end / RECORD_BYTES) * RECORD_BYTES : end) - before;
}

/**
 * A POSIX ustar archive of the members in their order, with pax headers for names over 100 bytes (255 with
 * folders) or not of printable ASCII, and for sizes from 8 GiB. The same members make the same bytes.
 * Memory is one output piece of 1 MiB. Throws `invalid-argument` for unsafe names and where a stream's length is not
 * its `size`.
 */
export async function* writeTar(
  members: Iterable<TarMemberInput> | AsyncIterable<TarMemberInput>,
  options: TarWriteOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const output = new OutputPieces();
  for await (const member of members) {
    const { data } = member;
    const size = data instanceof Uint8Array ? data.length : (member.size as number);
    const header = memberHeaderBytes(member.name, size, {
      mtime: member.mtime ?? options.mtime ?? 0,
      mode: member.mode ?? options.mode ?? 0o644,
      uid: member.uid ?? options.uid ?? 0,
      gid: member.gid ?? options.gid ?? 0,
    });
    for (const piece of output.add(header)) yield piece;
    if (data instanceof Uint8Array) {
      for (const piece of output.add(data)) yield piece;
    } else {
      for await (const chunk of ofLength(data, size, member.name)) {
        for (const piece of output.add(chunk)) yield piece;
      }
    }
    for (const piece of output.add(ZEROS.subarray(0, paddedSize(size) - size))) yield piece;
  }
  for (const piece of output.add(ZEROS.subarray(0, endSize(output.total, options)))) yield piece;
  for (const piece of output.flush()) yield piece;
}

async function* ofLength(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  for await (const chunk of chunks) {
    seen += chunk.length;
    if (seen > size) break;
    yield chunk;
  }
  if (seen === size) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `the tar member ${JSON.stringify(name)} was announced with ${size} bytes and has ${seen > size ? "more" : `only ${seen}`}`,
  });
}

const ZEROS = new Uint8Array(RECORD_BYTES + END_BYTES);
