import type { CallOptions, ObjectMeta, ObjectStore } from "../../storage/index.js";
import { isRoot } from "../cycles/index.js";
import { type BlobId, blobFolder, isBlobId, metadataKey, recipeKey } from "../keys.js";

/** The objects of one blob's folder. */
export interface BlobEntry {
  readonly id: BlobId;
  /** Each `data.<format>`. */
  readonly data: ObjectMeta[];
  recipe: ObjectMeta | undefined;
  metadata: ObjectMeta | undefined;
  /** What has no place there. */
  readonly others: ObjectMeta[];
}

/** All folders of `data/`, in order; each object that lies in none of a blob comes as an entry without id. */
export async function* blobEntries(
  store: ObjectStore,
  { signal }: CallOptions = {},
): AsyncGenerator<BlobEntry | ObjectMeta, void, undefined> {
  let entry: BlobEntry | undefined;
  for await (const meta of store.list({ prefix: "data/", signal })) {
    const { key } = meta;
    const id = key.split("/")[2];
    if (!isBlobId(id) || !key.startsWith(blobFolder(id))) {
      yield meta;
      continue;
    }
    if (entry?.id !== id) {
      if (entry !== undefined) yield entry;
      entry = { id, data: [], recipe: undefined, metadata: undefined, others: [] };
    }
    if (key === recipeKey(id)) entry.recipe = meta;
    else if (key === metadataKey(id)) entry.metadata = meta;
    else if (isRoot(key)) entry.data.push(meta);
    else entry.others.push(meta);
  }
  if (entry !== undefined) yield entry;
}
