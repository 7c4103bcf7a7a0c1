import { textDigest } from "../../../cas/index.js";
import { decodeText } from "../decode-text.js";
import type { ValueCodec } from "../value-codec.js";

/** Strings, as UTF-8. */
export const textCodec: ValueCodec<string> = {
  type: "text",
  format: "txt",
  matches: (value) => typeof value === "string",
  describe: async (text) => ({ digest: textDigest(text) }),
  encode: async (text) => Buffer.from(text, "utf8"),
  decode: async (stored) => decodeText(await stored.bytes()),
};
