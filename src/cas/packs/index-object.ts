import { LodeError } from "../../errors.js";
import { PackFooter } from "./pack-footer.js";
import { TRAILER_BYTES } from "./pack-format.js";

/** An index object: the footers of its packs as they are, one after the other. */
export function encodeIndex(footers: readonly PackFooter[]): Uint8Array {
  const whole = new Uint8Array(footers.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of footers) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

/** The footers in an index object, of which they keep views. Throws `corrupt-format`. */
export function parseIndex(bytes: Uint8Array): PackFooter[] {
  const footers: PackFooter[] = [];
  let end = bytes.length;
  while (end > 0) {
    if (end < TRAILER_BYTES) {
      throw new LodeError({
        code: "corrupt-format",
        message: `this is no index of packs: ${end} bytes are left before its first footer`,
      });
    }
    const footer = PackFooter.endOf(bytes.subarray(0, end));
    footers.push(footer);
    end -= footer.bytes.length;
  }
  return footers.reverse();
}
