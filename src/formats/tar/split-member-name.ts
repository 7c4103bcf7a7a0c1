/**
 * A member's name as webdataset 1.0 reads it (`base_plus_ext` and `tar_file_iterator` of its
 * `tariterators.py`): the key is all before the first dot of the last part, the field what follows, in
 * lower case. Undefined for names that it leaves out: without a dot in the last part, or with a first part `__…__`.
 * A last part that begins with a dot belongs to the key of its folder, `a/b/`, unless that has a dot itself.
 */
export function splitMemberName(name: string): { key: string; field: string } | undefined {
  if (isMetadata(name)) return undefined;
  const base = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", base);
  if (dot < 0) return undefined;
  if (dot === base) {
    const folder = name.slice(name.lastIndexOf("/", base - 2) + 1, base);
    if (base === 0 || folder.includes(".")) return undefined;
  }
  return { key: name.slice(0, dot), field: name.slice(dot + 1).toLowerCase() };
}

function isMetadata(name: string): boolean {
  if (!name.startsWith("__")) return false;
  const slash = name.indexOf("/");
  const first = slash < 0 ? name : name.slice(0, slash);
  return first.length >= 4 && first.endsWith("__");
}
