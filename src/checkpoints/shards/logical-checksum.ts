import { LodeError } from "../../errors.js";

const PATTERN = /^crc32c:([0-9a-f]{8})$/;

/** A CRC-32C as the field `checksum` of a manifest has it. */
export function formatChecksum(crc32c: number): string {
  return `crc32c:${hex(crc32c)}`;
}

/** The number in the field `checksum`; undefined for null. Throws `unsupported` for another kind. */
export function parseChecksum(checksum: string | null, key: string): number | undefined {
  if (checksum === null) return undefined;
  const digits = PATTERN.exec(checksum)?.[1];
  if (digits !== undefined) return Number.parseInt(digits, 16);
  throw new LodeError({
    code: "unsupported",
    message: `the checksum ${JSON.stringify(checksum)} of ${JSON.stringify(key)} is of no kind that can be checked; read it with verify: false`,
  });
}

export function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
