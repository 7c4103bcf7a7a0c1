import { writeHeaderBlock } from "../../../src/formats/tar/header-block.js";

/** A member for {@link archive}; anything but a name may be left out. */
export interface RawMember {
  readonly name: string;
  readonly type?: string;
  readonly data?: Uint8Array | string;
  readonly size?: number;
  /** The last change to the header before its checksum is made. */
  readonly change?: (block: Uint8Array) => void;
}

export const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

/** An archive with whatever it is told, valid or not. */
export function archive(members: readonly RawMember[], end = 1024): Uint8Array {
  const blocks = members.flatMap((member) => {
    const data = Buffer.from(member.data ?? "");
    return [header(member, member.size ?? data.length), data, Buffer.alloc(-data.length & 511)];
  });
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(end)]));
}

function header({ name, type = "0", change }: RawMember, size: number): Uint8Array {
  const block = new Uint8Array(512);
  const fields = { prefix: "", mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  writeHeaderBlock(block, 0, { ...fields, name, size, type: type.charCodeAt(0) });
  if (change === undefined) return block;
  change(block);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((a, b) => a + b, 0);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return block;
}

/** A pax extended header with these records. */
export function pax(records: Record<string, string>, type = "x"): RawMember {
  const data = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest;
    while (String(length).length + rest > length) length++;
    return `${length} ${key}=${value}\n`;
  });
  return { name: "PaxHeaders/x", type, data: data.join("") };
}

/** The bytes in chunks of `size`. */
export async function* chunked(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The bytes in two chunks, each in memory that is overwritten when the next is asked for. */
export async function* cutAt(bytes: Uint8Array, at: number): AsyncGenerator<Uint8Array> {
  for (const piece of [bytes.slice(0, at), bytes.slice(at)]) {
    yield piece;
    piece.fill(0xee);
  }
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await all(chunks)));
}
