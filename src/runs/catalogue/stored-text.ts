/** Stands before the code of a character that SQLite cannot take, and before its own. */
const ESCAPE = "\u2400";
const UNSAFE = /[\0\u2400]|\p{Surrogate}/gu;
const ESCAPED = /\u2400([0-9a-f]{4})/g;

/** SQLite's binding cuts texts at a NUL, and UTF-8 has no halves of surrogate pairs: in rows and queries they are escaped. */
export function storedText(text: string): string {
  return text.replace(UNSAFE, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** The text that was stored. */
export function shownText(text: string): string {
  return text.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

export function shownTextOrNull(text: string | null): string | null {
  return text === null ? null : shownText(text);
}
