import { formatStoreUri, type StoreUri } from "../core/index.js";

/**
 * A URI as its container (for the local disk a folder) and the key in it. With `pattern` the folder
 * ends before the first character that could be a pattern's.
 */
export function splitAtContainer(
  uri: StoreUri,
  pattern: boolean,
): { container: string; key: string } {
  const parameters = formatParameters(uri);
  if (uri.scheme !== "file" && uri.scheme !== "direct") {
    return { container: `${formatStoreUri({ ...uri, key: "" })}${parameters}`, key: uri.key };
  }
  const special = pattern ? uri.key.search(/[*?[\]{}\\]/) : -1;
  const cut = uri.key.lastIndexOf("/", special < 0 ? uri.key.length : special) + 1;
  const folder = uri.key.slice(0, cut);
  return {
    container: `${uri.scheme}:///${folder.replace(/\/$/, "")}${parameters}`,
    key: uri.key.slice(cut),
  };
}

/** `?endpoint=...` or nothing. */
export function formatParameters(uri: StoreUri): string {
  const pairs = Object.entries(uri.parameters).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
