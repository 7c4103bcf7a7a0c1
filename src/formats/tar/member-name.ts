import { LONE_SURROGATE } from "../lone-surrogate.js";

/** Longer than any path that a file system or store takes. */
const MAX_NAME_CHARACTERS = 32 * 1024;

/**
 * Why a member's name cannot be used, or undefined. Refused are names that could lead out of a folder:
 * absolute ones, `..` as a part (also between backslashes) and drive letters; and empty ones, NUL,
 * and halves of surrogate pairs.
 */
export function unsafeName(name: string): string | undefined {
  if (name.length === 0) return "its name is empty";
  if (name.length > MAX_NAME_CHARACTERS) {
    return `its name has more than ${MAX_NAME_CHARACTERS} characters`;
  }
  const why = reason(name);
  if (why === undefined) return undefined;
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  return `its name ${JSON.stringify(shown)} ${why}`;
}

function reason(name: string): string | undefined {
  const first = name.charCodeAt(0);
  if (first === 0x2f || first === 0x5c) return "is absolute";
  if (name.charCodeAt(1) === 0x3a && /^[A-Za-z]/.test(name)) return "begins with a drive letter";
  if (name.includes("\0")) return "has a NUL";
  if (name.includes("..") && name.split(/[/\\]/).includes("..")) return "has `..` as a part";
  if (LONE_SURROGATE.test(name)) return "has half of a surrogate pair";
  return undefined;
}
