import type { ObjectMeta } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { noMatch, resolveSource } from "./resolve-source.js";
import { selectedObjects } from "./selected-objects.js";

export interface StatResult {
  readonly uri: string;
  readonly meta: ObjectMeta;
}

/**
 * What the store knows of the object of exactly that name, or of those that a glob matches: more
 * than a listing tells. Throws `not-found`.
 */
export async function* statObjects(
  app: AppContext,
  text: string,
  options: { readonly literal?: boolean | undefined } = {},
): AsyncGenerator<StatResult, void, undefined> {
  const { signal } = app;
  const { literal } = options;
  for (const source of await resolveSource(app, text, { literal, trusting: true })) {
    const { store } = source;
    if (source.kind === "object") {
      const meta = source.meta ?? (await store.head(source.key, { signal }));
      yield { uri: store.uriOf(source.key), meta };
      continue;
    }
    let any = false;
    for await (const objects of selectedObjects(source, signal)) {
      for (const { key } of objects) {
        any = true;
        yield { uri: store.uriOf(key), meta: await store.head(key, { signal }) };
      }
    }
    if (!any) throw noMatch(text);
  }
}
