/** SQLite's binding cuts texts at a NUL: it gets this in its place, in rows and in queries alike. */
const NUL_SIGN = "\u2400";

export function storedText(text: string): string {
  return text.replaceAll("\0", NUL_SIGN);
}
