import { stat } from "node:fs/promises";
import type { ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { type Location, locationOf } from "../location.js";

/** Where things go: into a folder under their own names, or to one name. */
export type Target =
  | { readonly kind: "folder"; readonly store: ObjectStore; readonly folder: string }
  | { readonly kind: "name"; readonly location: Location };

/**
 * A slash at the end, a bucket, and a folder of the local disk that exists say "into it"; anything
 * else is the exact name that the copy gets.
 */
export async function resolveTarget(
  app: AppContext,
  text: string,
  folder = false,
): Promise<Target> {
  const location = locationOf(text, app.config.cwd);
  const { key } = location.uri;
  const into = folder || key === "" || key.endsWith("/") || (await isLocalFolder(location));
  return into ? { kind: "folder", ...(await folderAt(app, location)) } : { kind: "name", location };
}

/** The folder of that name, whether a slash was written or not. */
export async function folderAt(
  app: AppContext,
  location: Location,
): Promise<{ store: ObjectStore; folder: string }> {
  const { key } = location.uri;
  const withSlash = key === "" || key.endsWith("/") ? key : `${key}/`;
  const uri = { ...location.uri, key: withSlash };
  const place = await app.stores.locate({ ...location, uri });
  return { store: place.store, folder: place.key };
}

async function isLocalFolder({ uri }: Location): Promise<boolean> {
  if (uri.scheme !== "file" && uri.scheme !== "direct") return false;
  try {
    return (await stat(`/${uri.key}`)).isDirectory();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
