import { parsePythonJson } from "../../../formats/index.js";
import { decodeText } from "../decode-text.js";
import type { ValueCodec } from "../value-codec.js";
import { jsonCodec } from "./json-codec.js";

/** JSON that another program wrote, which may be Python's with NaN and infinities. Only read. */
export const pythonJsonCodec: ValueCodec = {
  ...jsonCodec,
  decode: async (stored) => parsePythonJson(decodeText(await stored.bytes())),
};
