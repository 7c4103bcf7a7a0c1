import { LodeError } from "../../errors.js";
import { BLOCK_BYTES, MAX_OCTAL_11, paddedSize, writeHeaderBlock } from "./header-block.js";
import { unsafeName } from "./member-name.js";
import { formatPaxRecords } from "./pax-records.js";

/** What is written about every member unless it says otherwise. */
export interface TarAttributes {
  /** Seconds since 1970; 0 unless told otherwise, so that the same members make the same bytes. */
  readonly mtime?: number;
  /** Permission bits; 0o644 unless told otherwise. */
  readonly mode?: number;
  /** Numeric owner and group; 0 unless told otherwise. */
  readonly uid?: number;
  readonly gid?: number;
}

const NONE = new Uint8Array(0);
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const MAX_OCTAL_7 = 8 ** 7 - 1;
const REGULAR = 0x30;
const PAX = 0x78;
/** The name of extended headers, which only programs without pax make a file of. */
const PAX_NAME = "PaxHeaders/member";

/** What a name and a size need in an archive. */
interface HeaderPlan {
  readonly name: string;
  readonly prefix: string;
  /** Empty where ustar has room for all. */
  readonly pax: Uint8Array;
}

/**
 * Bytes of the headers in front of a member: one block, and those of a pax header where one is needed.
 * Throws `invalid-argument` for an unsafe name or a size that is none.
 */
export function memberHeaderSize(name: string, size: number): number {
  return planSize(planHeader(name, size));
}

function planSize({ pax }: HeaderPlan): number {
  return BLOCK_BYTES + (pax.length === 0 ? 0 : BLOCK_BYTES + paddedSize(pax.length));
}

/** Reused for every member without a pax header: memory from outside the heap is dear. */
const lone = new Uint8Array(BLOCK_BYTES);

/**
 * The headers in front of a member, valid until the next call. Throws `invalid-argument` for unsafe names
 * and numbers without room.
 */
export function memberHeaderBytes(
  name: string,
  size: number,
  attributes: Required<TarAttributes>,
): Uint8Array {
  const { mtime, mode, uid, gid } = attributes;
  checkNumber("mtime", mtime, MAX_OCTAL_11);
  checkNumber("mode", mode, 0o7777);
  checkNumber("uid", uid, MAX_OCTAL_7);
  checkNumber("gid", gid, MAX_OCTAL_7);
  const { name: short, prefix, pax } = planHeader(name, size);
  const stored = size > MAX_OCTAL_11 ? 0 : size;
  const fields = { name: short, prefix, mode, uid, gid, size: stored, mtime, type: REGULAR };
  if (pax.length === 0) {
    writeHeaderBlock(lone.fill(0), 0, fields);
    return lone;
  }
  const paxFields = { ...fields, name: PAX_NAME, prefix: "", size: pax.length, type: PAX };
  const bytes = new Uint8Array(2 * BLOCK_BYTES + paddedSize(pax.length));
  writeHeaderBlock(bytes, 0, paxFields);
  bytes.set(pax, BLOCK_BYTES);
  writeHeaderBlock(bytes, bytes.length - BLOCK_BYTES, fields);
  return bytes;
}

function planHeader(name: string, size: number): HeaderPlan {
  checkName(name);
  checkNumber("size", size, Number.MAX_SAFE_INTEGER);
  const place = placeName(name);
  if (place !== undefined && size <= MAX_OCTAL_11) return place;
  const records: [string, string][] = [];
  if (place === undefined) records.push(["path", name]);
  if (size > MAX_OCTAL_11) records.push(["size", String(size)]);
  return { ...(place ?? { name: asciiName(name), prefix: "" }), pax: formatPaxRecords(records) };
}

/** ASCII of up to 100 bytes, or of up to 255 with a slash at the right place; undefined for others. */
function placeName(name: string): HeaderPlan | undefined {
  if (name.length > PREFIX_BYTES + 1 + NAME_BYTES || !/^[\x20-\x7e]*$/.test(name)) return undefined;
  if (name.length <= NAME_BYTES) return { name, prefix: "", pax: NONE };
  const slash = name.indexOf("/", name.length - NAME_BYTES - 1);
  if (slash < 0 || slash > PREFIX_BYTES) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash), pax: NONE };
}

/** What a program without pax calls the member. */
function asciiName(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "_").slice(-NAME_BYTES);
}

function checkName(name: string): void {
  const why = unsafeName(name) ?? (name.endsWith("/") ? "its name is a folder's" : undefined);
  if (why === undefined) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `a member cannot be written to a tar archive: ${why}`,
  });
}

function checkNumber(what: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `a tar member's ${what} is ${value}; give a whole number from 0 to ${max}`,
  });
}
