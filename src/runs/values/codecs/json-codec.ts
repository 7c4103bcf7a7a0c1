import { jsonDigest } from "../../../cas/index.js";
import { LodeError } from "../../../errors.js";
import { canonicalJson, isPlainObject } from "../../../formats/index.js";
import { decodeText } from "../decode-text.js";
import type { ValueCodec } from "../value-codec.js";

/**
 * What JSON holds: null, booleans, numbers, arrays, plain objects, and text within them; stored as the canonical text of
 * RFC 8785. -0 comes back as 0, and members that are undefined do not come back.
 */
export const jsonCodec: ValueCodec = {
  type: "json",
  format: "json",
  matches: (value): value is unknown =>
    value === null ||
    typeof value === "boolean" ||
    typeof value === "number" ||
    Array.isArray(value) ||
    isPlainObject(value),
  describe: async (value) => ({ digest: jsonDigest(value) }),
  encode: async (value) => Buffer.from(canonicalJson(value), "utf8"),
  async decode(stored) {
    const text = decodeText(await stored.bytes());
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new LodeError({
        code: "corrupt-format",
        message: "the stored value is not JSON; load it as bytes",
        cause,
      });
    }
  },
};
