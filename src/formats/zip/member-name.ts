/**
 * Why no member may have this name, undefined if one may: a name must be a relative path that stays
 * below the folder it is unpacked in, on every system.
 */
export function checkMemberName(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (/\p{Surrogate}/u.test(name)) return "it has half of a character, which UTF-8 cannot hold";
  if (name.includes("\0")) return "it has a zero character";
  if (name.includes("\\")) return "it has a backslash, which some systems take for a folder";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "it is an absolute path";
  if (name.split("/").includes("..")) return "it leaves its folder by ..";
  if (Buffer.byteLength(name) > 0xffff) return "it has more than 65,535 bytes";
  return undefined;
}
