import { LodeError } from "../../errors.js";
import { LONE_SURROGATE } from "../lone-surrogate.js";

/** More than a group's heap should hold for one name. */
const MAX_NAME_BYTES = 1024;

/** Throws `invalid-argument` unless a dataset can be written under this path, its groups before slashes. */
export function checkDatasetPath(path: string): void {
  for (const part of path.split("/")) checkDatasetName(part);
}

/** The same for a dataset of the root group. */
export function checkDatasetName(name: string): void {
  const why = reason(name);
  if (why === undefined) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(name.slice(0, 80))} cannot name a dataset or group in an HDF5 file: ${why}`,
  });
}

function reason(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name === "." || name === "..") return "readers take it for a place";
  if (name.includes("/")) return "it has a slash";
  if (name.includes("\0")) return "it has a NUL";
  if (LONE_SURROGATE.test(name)) return "it has half of a surrogate pair";
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `it has more than ${MAX_NAME_BYTES} bytes`;
  return undefined;
}
