import type { ObjectMeta } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";

export interface StatResult {
  readonly uri: string;
  readonly meta: ObjectMeta;
}

/** What the store knows of one object. Throws `not-found`. */
export async function statObject(app: AppContext, text: string): Promise<StatResult> {
  const location = locationOf(text, app.config.cwd);
  const { store, key } = await app.stores.locate(location);
  const meta = await store.head(key, { signal: app.signal });
  return { uri: store.uriOf(key), meta };
}
