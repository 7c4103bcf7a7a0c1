import { LodeError } from "../../errors.js";

/** Bytes as UTF-8, a byte order mark kept. Throws `corrupt-format` for other bytes. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LodeError({
      code: "corrupt-format",
      message: "the stored text is not UTF-8; load it as bytes",
      cause,
    });
  }
}
