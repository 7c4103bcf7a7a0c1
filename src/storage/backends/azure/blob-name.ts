import { invalidKey } from "../../../core/index.js";

/** Control characters and U+FFFE, U+FFFF, which XML cannot carry. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/;

const MAX_SEGMENTS = 254;

/**
 * Refuses (`invalid-key`) names that Azure does not keep as they are or rejects
 * (https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata):
 * `\` becomes `/`, dots at the end of a segment vanish, `.` and `..` are resolved as in a path.
 */
export function checkBlobName(key: string): void {
  if (key.includes("\\"))
    throw invalidKey(key, "Azure turns a backslash into a slash; use another");
  if (/\.(\/|$)/.test(key)) {
    throw invalidKey(key, "Azure drops a dot at the end of a name or before a slash");
  }
  if (FORBIDDEN.test(key)) throw invalidKey(key, "Azure takes no control characters");
  if (key.split("/").length > MAX_SEGMENTS) {
    throw invalidKey(key, `Azure takes at most ${MAX_SEGMENTS} parts between slashes`);
  }
}
