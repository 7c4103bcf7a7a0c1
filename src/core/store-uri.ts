import { LodeError } from "../errors.js";

/** The schemes of the built-in backends. */
export const SCHEMES = ["s3", "az", "file", "direct", "mem"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Those of providers behind a network, whose requests may fail and be repeated. */
const REMOTE: readonly Scheme[] = ["s3", "az"];

export function isRemote(scheme: Scheme): boolean {
  return REMOTE.includes(scheme);
}

/** Settings that may follow a URI as `?name=value`; anything else after `?` belongs to the key. */
const URI_PARAMETERS = ["endpoint", "region", "style"];

/**
 * A place in a store, split but not decoded: what stands after the scheme is taken verbatim.
 *
 * - `s3://bucket/key`: container = bucket
 * - `az://account/container/key`: container = `account/container`
 * - `file:///dir/name`, `direct:///dir/name`: container = `/`, key = `dir/name`
 * - `mem://name/key`: container = name
 */
export interface StoreUri {
  readonly scheme: Scheme;
  readonly container: string;
  /** Everything after the container's slash; may be empty. */
  readonly key: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** True if the text begins with one of the schemes; else it is a path of the local disk. */
export function isStoreUri(text: string): boolean {
  return SCHEMES.some((scheme) => text.startsWith(`${scheme}://`));
}

/** Splits a URI. Throws `invalid-argument` that says what is wrong and shows the right form. */
export function parseStoreUri(text: string): StoreUri {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(text);
  if (match === null) {
    throw invalidUri(text, "it has no scheme; write s3://bucket/key or file:///path");
  }
  const scheme = SCHEMES.find((known) => known === match[1]?.toLowerCase());
  if (scheme === undefined) {
    throw invalidUri(text, `its scheme is none of ${SCHEMES.map((s) => `${s}://`).join(", ")}`);
  }
  const { rest, parameters } = splitParameters(match[2] ?? "");
  if (scheme === "file" || scheme === "direct") {
    if (!rest.startsWith("/")) {
      throw invalidUri(text, `a path must be absolute; write ${scheme}:///path`);
    }
    return { scheme, container: "/", key: rest.slice(1), parameters };
  }
  const parts = scheme === "az" ? 2 : 1;
  const pieces = rest.split("/");
  const container = pieces.slice(0, parts);
  // `az://account` and `s3://` name an account, whose containers can be listed.
  if (container[0] === "" && rest !== "") throw invalidUri(text, "its first part is empty");
  return {
    scheme,
    container: container.filter((piece) => piece !== "").join("/"),
    key: pieces.slice(parts).join("/"),
    parameters,
  };
}

function splitParameters(text: string): { rest: string; parameters: Record<string, string> } {
  const mark = text.lastIndexOf("?");
  if (mark < 0) return { rest: text, parameters: {} };
  const pairs = text
    .slice(mark + 1)
    .split("&")
    .map((pair) => /^([a-z]+)=(.+)$/.exec(pair));
  if (!pairs.every((pair) => pair !== null && URI_PARAMETERS.includes(pair[1] ?? ""))) {
    return { rest: text, parameters: {} };
  }
  return {
    rest: text.slice(0, mark),
    parameters: Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]])),
  };
}

/** The URI as text, without its parameters. */
export function formatStoreUri(uri: Pick<StoreUri, "scheme" | "container" | "key">): string {
  if (uri.scheme === "file" || uri.scheme === "direct") return `${uri.scheme}:///${uri.key}`;
  return `${uri.scheme}://${uri.container}${uri.key === "" ? "" : `/${uri.key}`}`;
}

function invalidUri(text: string, why: string): LodeError {
  // Query strings may hold a signature.
  const shown = text.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");
  return new LodeError({
    code: "invalid-argument",
    message: `${shown} is not a store URI: ${why}`,
  });
}
