import { resolve } from "node:path";
import { formatStoreUri, parseStoreUri, type StoreUri } from "../core/index.js";
import { LodeError } from "../errors.js";
import { formatParameters, splitAtContainer } from "./split-location.js";

/** What a user named: a store's URI, or a path of the local disk. */
export interface Location {
  readonly uri: StoreUri;
  /** As the user wrote it. */
  readonly text: string;
  /** True for a path without a scheme. */
  readonly bare: boolean;
}

/**
 * Reads a URI, or takes the text as a path from the working directory. A slash at the end is kept:
 * it says that a folder is meant. Throws `invalid-argument` for a scheme that there is not.
 */
export function locationOf(text: string, cwd: string): Location {
  // A shell's unset variable must not become the working directory.
  if (text === "") {
    throw new LodeError({
      code: "invalid-argument",
      message: "an empty text is no place: write a URI or a path (. for the working directory)",
    });
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    return { uri: parseStoreUri(text), text, bare: false };
  }
  const path = resolve(cwd, text);
  const slash = /(^|\/)\.{0,2}\/$/.test(text) || text.endsWith("/") ? "/" : "";
  const key = `${path.slice(1)}${path === "/" ? "" : slash}`;
  return { uri: { scheme: "file", container: "/", key, parameters: {} }, text, bare: true };
}

/**
 * A URI as the user would write it: for a location given as a path it is a path again, relative if
 * the given one was.
 */
export function displayUri(uri: string, location: Location, cwd: string): string {
  if (!location.bare || !uri.startsWith("file://")) return uri;
  const path = uri.slice("file://".length);
  if (location.text.startsWith("/")) return path;
  if (path === cwd || path === `${cwd}/`) return ".";
  const above = cwd === "/" ? "/" : `${cwd}/`;
  return path.startsWith(above) ? path.slice(above.length) : path;
}

/** The URI of the bucket or container that a location lies in; for the local disk the folder itself. */
export function bucketOf(text: string, cwd: string): string {
  const { uri } = locationOf(text, cwd);
  const { container } = splitAtContainer({ ...uri, key: withSlash(uri.key) }, false);
  return container;
}

/** The text of a place as a folder, with a slash at the end of its path. */
export function asFolder(text: string, cwd: string): string {
  const { uri } = locationOf(text, cwd);
  return `${formatStoreUri({ ...uri, key: `${uri.key.replace(/\/$/, "")}/` })}${formatParameters(uri)}`;
}

function withSlash(key: string): string {
  return key === "" || key.endsWith("/") ? key : `${key}/`;
}
