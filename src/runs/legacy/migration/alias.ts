import { type BlobId, encodePart, isBlobId } from "../../../cas/index.js";
import { JsonFields, parseJson } from "../../../core/index.js";
import type { CallOptions, ObjectMeta, ObjectStore } from "../../../storage/index.js";
import { putJson } from "../../../storage/json/index.js";
import type { LegacyLayout } from "../layout/index.js";
import type { Carried } from "./carried.js";

/** Which object of mltrack an alias tells of. */
export interface AliasSource {
  readonly layout: LegacyLayout;
  /** Of v2 mltrack's hash, of v1 the object's key. */
  readonly id: string;
  readonly meta: ObjectMeta;
}

const WHAT = "alias of legacy data";

/** `aliases/mltrack-v2/<2 hex>/<hash>/`, `aliases/mltrack-v1/<key, encoded>/`. */
export function aliasFolder({ layout, id }: Pick<AliasSource, "layout" | "id">): string {
  if (layout === "v1") return `aliases/mltrack-v1/${encodePart(id)}/`;
  return `aliases/mltrack-v2/${id.slice(0, 2)}/${id}/`;
}

/**
 * What an earlier migration made of this version of the object; undefined if none did. Throws `corrupt-format` for an
 * alias that cannot be read.
 */
export async function findAlias(
  store: ObjectStore,
  source: AliasSource,
  { signal }: CallOptions = {},
): Promise<(Carried & { readonly blob: BlobId }) | undefined> {
  for await (const { key } of store.list({ prefix: aliasFolder(source), signal })) {
    const uri = store.uriOf(key);
    const fields = new JsonFields(parseJson(await store.text(key, { signal }), WHAT, uri), {
      what: WHAT,
      uri,
      path: "",
    });
    // Of one hash there can be objects of several formats, and of each what replaced it later.
    if (fields.text("key") !== source.meta.key || fields.text("etag") !== source.meta.etag)
      continue;
    const blob = fields.text("blob");
    if (!isBlobId(blob)) throw fields.wrong("blob", "a SHA-256");
    const carried = fields.value("carried") as Omit<Carried, "blob">;
    if (typeof carried !== "object" || carried === null) throw fields.wrong("carried", "an object");
    return { ...carried, blob };
  }
  return undefined;
}

/** Remembers under which hash mltrack had a blob. */
export async function putAlias(
  store: ObjectStore,
  source: AliasSource,
  { blob, ...carried }: Carried & { readonly blob: BlobId },
  options: CallOptions = {},
): Promise<void> {
  const { key, etag } = source.meta;
  const text = `${JSON.stringify({ version: 1, blob, key, etag, carried }, null, 2)}\n`;
  await putJson(store, `${aliasFolder(source)}${blob}`, text, { ...options, mode: "overwrite" });
}

/** The blobs that are known by a hash of mltrack's v2, or by a key of v1. */
export async function aliasedBlobs(
  store: ObjectStore,
  source: Pick<AliasSource, "layout" | "id">,
  { signal }: CallOptions = {},
): Promise<BlobId[]> {
  const prefix = aliasFolder(source);
  const blobs: BlobId[] = [];
  for await (const { key } of store.list({ prefix, signal })) blobs.push(key.slice(prefix.length));
  return blobs;
}
