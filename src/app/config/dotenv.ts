/** One `NAME=value` of a `.env` file and the line it stands in. */
export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/**
 * Reads `.env` text: `NAME=value` a line, `export` allowed before it, `#` for comments, values bare,
 * in single quotes (verbatim) or in double quotes (with `\n`, `\"` and `\\`). Nothing is expanded.
 * Lines that are none of these are told by number.
 */
export function parseDotenv(text: string): { entries: DotenvEntry[]; badLines: number[] } {
  const entries: DotenvEntry[] = [];
  const badLines: number[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    const value = match === null ? undefined : dotenvValue(match[2] ?? "");
    if (value === undefined) badLines.push(index + 1);
    else entries.push({ name: match?.[1] ?? "", value, line: index + 1 });
  }
  return { entries, badLines };
}

function dotenvValue(text: string): string | undefined {
  if (text.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(text)?.[1];
  if (text.startsWith('"')) {
    const inner = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)?.[1];
    return inner?.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
  }
  return text.replace(/\s+#.*$/, "");
}
