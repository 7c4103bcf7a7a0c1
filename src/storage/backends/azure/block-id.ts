import { randomBytes } from "node:crypto";

/**
 * All unfinished blocks of a blob need ids of one length, whoever wrote them. Ours have 48
 * characters before base64, as those of Microsoft's own client for JavaScript:
 * upload (32 hex digits: 12 of milliseconds, 20 random), `-`, number (6 digits), `-`, CRC-32C (8 hex digits).
 */
const BLOCK_ID = /^([0-9a-f]{32})-(\d{6})-([0-9a-f]{8}|started-|aborted-)$/;

/** Blocks of number 0 hold no data: they tell that an upload was begun or given up. */
export type Marker = "started-" | "aborted-";

export interface BlockId {
  readonly upload: string;
  readonly number: number;
  readonly crc32c: number | undefined;
  readonly marker: Marker | undefined;
}

export function newUploadId(now: number): string {
  return now.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");
}

/** Blocks of a put: never taken for those of an upload that can be resumed. */
export function newPutId(now: number): string {
  return `p${newUploadId(now).slice(1)}`;
}

export function isUploadId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

export function uploadStartedAt(upload: string): Date {
  return new Date(Number.parseInt(upload.slice(0, 12), 16));
}

export function partBlockId(upload: string, number: number, crc32c: number): string {
  return encode(upload, number, crc32c.toString(16).padStart(8, "0"));
}

export function markerBlockId(upload: string, marker: Marker): string {
  return encode(upload, 0, marker);
}

/** Undefined for the block of another program. */
export function parseBlockId(base64: string): BlockId | undefined {
  const match = BLOCK_ID.exec(Buffer.from(base64, "base64").toString("latin1"));
  const [, upload, number, tail] = match ?? [];
  if (upload === undefined || number === undefined || tail === undefined) return undefined;
  const marker = tail === "started-" || tail === "aborted-" ? tail : undefined;
  return {
    upload,
    number: Number(number),
    crc32c: marker === undefined ? Number.parseInt(tail, 16) : undefined,
    marker,
  };
}

function encode(upload: string, number: number, tail: string): string {
  return Buffer.from(`${upload}-${String(number).padStart(6, "0")}-${tail}`).toString("base64");
}
