import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./cache-folder.js";

/** Where this machine gets its own Debian packages from. */
export interface DebianMirror {
  readonly uri: string;
  /** The suite that the machine itself runs, for example `bookworm`. */
  readonly suite: string;
  /** The keyring that signs it, if the sources name one. */
  readonly signedBy?: string;
}

/**
 * The first Debian archive (not security, not a third party's) among the apt sources below `etc`.
 * Both notations of sources.list(5) are read.
 */
export async function findDebianMirror(etc = "/etc/apt"): Promise<DebianMirror | undefined> {
  const parts = join(etc, "sources.list.d");
  const names = (await orElse(readdir(parts), [])).sort();
  for (const path of [join(etc, "sources.list"), ...names.map((name) => join(parts, name))]) {
    const text = await orElse(readFile(path, "utf8"), "");
    const entries = path.endsWith(".sources")
      ? parseStanzas(text)
      : path.endsWith(".list")
        ? parseLines(text)
        : [];
    const mirror = entries.find(({ uri }) => /\/debian\/?$/.test(uri));
    if (mirror !== undefined) return mirror;
  }
  return undefined;
}

/** `deb [signed-by=/path arch=amd64] http://host/debian bookworm main` */
export function parseLines(text: string): DebianMirror[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+([^\s#]+)/.exec(line);
    if (match === null) return [];
    const [, options = "", uri = "", suite = ""] = match;
    return [toMirror(uri, suite, /(?:^|\s)signed-by=(\/[^\s,]+)/.exec(options)?.[1])];
  });
}

/** Paragraphs of `Types:`, `URIs:`, `Suites:`, `Signed-By:` fields (deb822). */
export function parseStanzas(text: string): DebianMirror[] {
  const uncommented = text.replace(/^#.*\n?/gm, "");
  return uncommented.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): string[] => {
      const value = new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, "im").exec(stanza)?.[1] ?? "";
      return value.split(/\s+/).filter((word) => word !== "");
    };
    const [suite] = field("Suites");
    if (suite === undefined || !field("Types").includes("deb")) return [];
    if (field("Enabled")[0]?.toLowerCase() === "no") return [];
    // Instead of a path, Signed-By may hold the key itself; then apt's own trusted keys have to do.
    const signedBy = field("Signed-By").find((word) => word.startsWith("/"));
    return field("URIs").map((uri) => toMirror(uri, suite, signedBy));
  });
}

function toMirror(uri: string, suite: string, signedBy: string | undefined): DebianMirror {
  return { uri, suite, ...(signedBy !== undefined && { signedBy }) };
}

async function orElse<T>(reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return absent;
    throw error;
  }
}
