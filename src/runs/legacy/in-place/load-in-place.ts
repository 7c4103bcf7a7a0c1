import { LodeError } from "../../../errors.js";
import { parquetTable, parsePythonJson, readNpy } from "../../../formats/index.js";
import type { CallOptions, ObjectStore } from "../../../storage/index.js";
import type { DataReference } from "../../manifest/index.js";
import { examine, PinnedContent } from "../data/index.js";

/**
 * The value to which a reference of mltrack points: a `Table`, an `NpyArray`, what JSON holds (with NaN), or bytes. The
 * hash that mltrack gave it is made again first. Throws `not-found`, `corrupt-format`, and `integrity` if the hash is
 * another; where it cannot be made, as of some types of columns, the value is given unproved.
 */
export async function loadInPlace(
  store: ObjectStore,
  { key, hash, format }: Pick<DataReference, "key" | "hash" | "format">,
  { signal }: CallOptions = {},
): Promise<unknown> {
  const content = new PinnedContent(store, await store.head(key, { signal }), { signal });
  const { hashes, damage, unverifiable } = await examine(content, format, "sha256", signal);
  if (damage !== undefined || (unverifiable === undefined && !hashes.includes(hash))) {
    const why = damage ?? `mltrack would have given it the hash ${hashes[0]}`;
    throw new LodeError({
      code: "integrity",
      message: `${content.uri} is not what mltrack stored there: ${why}; restore it from a copy`,
      uri: content.uri,
    });
  }
  switch (format) {
    case "parquet":
      return parquetTable(content.reader(), { signal });
    case "npy":
      return readNpy(content.reader(), { signal });
    case "json":
      return parsePythonJson(Buffer.from(await content.bytes()).toString("utf8"));
    default:
      return content.bytes();
  }
}
