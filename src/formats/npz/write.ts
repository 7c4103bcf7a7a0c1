import {
  type NpyData,
  type NpyHeaderOptions,
  npyDataBytes,
  npyElementBytes,
  npyHeader,
} from "../npy/index.js";
import {
  crc32,
  type ZipCompression,
  type ZipMember,
  type ZipMemberLayout,
  zipChunks,
  zipSize,
} from "../zip/index.js";

/** An array to be written; `alignment` and `paddedTo` are those of its npy header. */
export interface NpzMember extends NpyHeaderOptions {
  /** Without `.npy`, which is added. */
  readonly name: string;
  /** The elements: in memory, or as a stream of exactly their bytes, little-endian. */
  readonly data: NpyData | AsyncIterable<Uint8Array>;
}

/** What decides the length of a stored member. Without `data` it counts as a stream. */
export type NpzMemberLayout = Omit<NpzMember, "data"> & Partial<Pick<NpzMember, "data">>;

export interface NpzWriteOptions {
  /** `stored` (numpy.savez) unless given; `deflate` is numpy.savez_compressed. */
  readonly compression?: ZipCompression | undefined;
}

/**
 * An .npz as a stream of chunks, in bounded memory, with the same bytes for the same arrays. Arrays in
 * memory are not copied. A streamed array has its CRC-32 behind it, in a data descriptor, which all
 * readers that go by the directory take. Throws `invalid-argument` for names, shapes and data that
 * cannot be, and for a stream that is not as long as its shape says.
 */
export function npzChunks(
  members: Iterable<NpzMember> | AsyncIterable<NpzMember>,
  { compression }: NpzWriteOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  async function* zipMembers(): AsyncGenerator<ZipMember, void, undefined> {
    for await (const member of members) yield { ...toZipMember(member), compression };
  }
  return zipChunks(zipMembers());
}

/** The length of the archive that `npzChunks` makes of members like these, stored. */
export function npzSize(members: Iterable<NpzMemberLayout>): number {
  function* layouts(): Generator<ZipMemberLayout, void, undefined> {
    for (const member of members) yield layoutOf(member);
  }
  return zipSize(layouts());
}

function toZipMember(member: NpzMember): ZipMember {
  const { data } = member;
  const header = npyHeader(member);
  const { name, size } = layoutOf(member);
  if (ArrayBuffer.isView(data)) {
    const elements = npyElementBytes(member, data);
    return { name, size, crc32: crc32(elements, crc32(header)), content: [header, elements] };
  }
  return { name, size, content: joined(header, data) };
}

function layoutOf(member: NpzMemberLayout): ZipMemberLayout {
  const size = npyHeader(member).length + npyDataBytes(member.dtype, member.shape);
  // The length does not depend on the checksum's value, only on whether it stands in front.
  const known = member.data !== undefined && ArrayBuffer.isView(member.data);
  return { name: `${member.name}.npy`, size, ...(known && { crc32: 0 }) };
}

async function* joined(
  header: Uint8Array,
  data: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield header;
  yield* data;
}
