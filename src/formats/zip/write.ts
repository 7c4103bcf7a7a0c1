import { LodeError } from "../../errors.js";
import { crc32 } from "./crc32.js";
import { deflated } from "./deflate.js";
import { checkMemberName } from "./member-name.js";
import {
  centralHeader,
  centralHeaderBytes,
  DESCRIPTOR_FLAG,
  descriptor,
  descriptorBytes,
  endRecords,
  endRecordsBytes,
  localHeader,
  localHeaderBytes,
  MAX32,
  METHODS,
  type MemberFacts,
  UTF8_FLAG,
  type ZipCompression,
} from "./records.js";

/** What decides the length of a stored member. */
export interface ZipMemberLayout {
  /** A relative path, `/` between folders. */
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
  /** CRC-32 of the content where it is known before; else it is written behind it, which takes 16 bytes more (24 from 4 GiB on). */
  readonly crc32?: number | undefined;
}

/** A member to be written. */
export interface ZipMember extends ZipMemberLayout {
  /** Exactly `size` bytes, in chunks of any length. */
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** `stored` unless given. */
  readonly compression?: ZipCompression | undefined;
}

/**
 * An archive as a stream of chunks, in memory of one chunk and the directory. The same members give
 * the same bytes: times are fixed. ZIP64 is used where a size, an offset or the number of members
 * needs it. A chunk is valid until the next one is asked for. Throws `invalid-argument` for a name
 * that cannot be or comes twice, and for content that is not what `size` and `crc32` say.
 */
export async function* zipChunks(
  members: Iterable<ZipMember> | AsyncIterable<ZipMember>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const names = new Set<string>();
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const member of members) {
    checkName(member, names);
    const planned = planMember(member, offset);
    const header = localHeader(planned);
    yield header;
    const facts = yield* contentChunks(member, planned);
    offset += header.length + facts.compressedSize;
    if ((facts.flags & DESCRIPTOR_FLAG) !== 0) {
      const end = descriptor(facts);
      yield end;
      offset += end.length;
    }
    directory.push(centralHeader(facts));
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  directory.push(endRecords(directory.length, offset, directoryBytes));
  yield Buffer.concat(directory);
}

/**
 * The length of the archive that `zipChunks` makes of stored members like these. Throws
 * `invalid-argument` for one to be compressed, whose size shows only then.
 */
export function zipSize(
  members: Iterable<ZipMemberLayout & Pick<Partial<ZipMember>, "compression">>,
): number {
  let count = 0;
  let offset = 0;
  let directoryBytes = 0;
  for (const member of members) {
    const facts = planMember(member, offset);
    if (member.compression === "deflate") {
      throw invalid(member.name, "its size is not known before it is compressed");
    }
    const behind = member.crc32 === undefined ? descriptorBytes(facts.zip64) : 0;
    offset += localHeaderBytes(facts.name, facts.zip64) + member.size + behind;
    directoryBytes += centralHeaderBytes(facts);
    count++;
  }
  return offset + directoryBytes + endRecordsBytes(count, offset, directoryBytes);
}

function planMember(member: ZipMemberLayout & Partial<ZipMember>, headerOffset: number) {
  const { size, compression = "stored" } = member;
  if (!Number.isSafeInteger(size) || size < 0) {
    throw invalid(member.name, `its size ${size} is no whole number of bytes`);
  }
  const name = Buffer.from(member.name);
  const stored = compression === "stored";
  const later = member.crc32 === undefined || !stored;
  const facts: MemberFacts = {
    name,
    method: METHODS[compression],
    flags: (later ? DESCRIPTOR_FLAG : 0) | (name.length === member.name.length ? 0 : UTF8_FLAG),
    crc32: member.crc32 ?? 0,
    size,
    compressedSize: size,
    headerOffset,
    // Deflate may lengthen what it cannot compress, by less than a thousandth.
    zip64: (stored ? size : size * 1.001 + 64) >= MAX32,
  };
  return facts;
}

/** Passes the content on, checked and as it is stored; returns the facts of it. */
async function* contentChunks(
  member: ZipMember,
  planned: MemberFacts,
): AsyncGenerator<Uint8Array, MemberFacts, undefined> {
  let size = 0;
  let crc = 0;
  async function* checked(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of member.content) {
      size += chunk.length;
      if (size > member.size) break;
      crc = crc32(chunk, crc);
      yield chunk;
    }
    if (size !== member.size) {
      const actual = size < member.size ? `${size}` : "more";
      throw invalid(member.name, `its size is ${member.size} bytes, its content has ${actual}`);
    }
    if (member.crc32 !== undefined && crc !== member.crc32) {
      throw invalid(member.name, "its content has another CRC-32 than was given");
    }
  }
  const chunks = member.compression === "deflate" ? deflated(checked()) : checked();
  let compressedSize = 0;
  for await (const chunk of chunks) {
    compressedSize += chunk.length;
    yield chunk;
  }
  return { ...planned, crc32: crc, compressedSize };
}

function checkName({ name }: ZipMember, names: Set<string>): void {
  const why = names.has(name) ? "there is one already" : checkMemberName(name);
  if (why !== undefined) throw invalid(name, why);
  names.add(name);
}

function invalid(name: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the member ${JSON.stringify(name.slice(0, 200))} cannot be written to the zip: ${why}`,
  });
}
