import type { PresignOptions } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { requireObjectKey } from "./require-object-key.js";

/** A URL that lets its holder act on one object for a while. The URL is a secret. */
export async function presignObject(
  app: AppContext,
  text: string,
  options: PresignOptions,
): Promise<string> {
  const location = locationOf(text, app.config.cwd);
  const { store, key } = await app.stores.locate(location);
  requireObjectKey(location, key);
  return store.presign(key, options);
}
