import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseStoreUri } from "../../../core/index.js";
import { LodeError } from "../../../errors.js";

/** What mltrack and we have at the root of a store. */
const FOLDERS = new Set(
  "aliases damaged data digests experiments gc heads index leases manifests names packs refs runs trash".split(
    " ",
  ),
);

/**
 * Throws `invalid-argument` if one store is the other, or lies in a folder that the other one uses: its objects would be
 * taken for the other's, or go with its trash. Elsewhere below the other (`s3://bucket/mltrack/new`) it is safe, since
 * both look only into their own folders.
 */
export async function refuseNested(from: string, into: string): Promise<void> {
  const [source, target] = [await placeOf(from), await placeOf(into)];
  if (source === target) {
    throw refusal(from, `${from} cannot be migrated into itself, since manifests would take`);
  }
  for (const [inner, outer] of [
    [source, target],
    [target, source],
  ] as const) {
    const [folder = ""] = inner.startsWith(outer) ? inner.slice(outer.length).split("/") : [];
    if (!FOLDERS.has(folder)) continue;
    throw refusal(
      from,
      `${from} cannot be migrated into ${into}: one lies in the folder ${folder}/ of the other, and objects could take`,
    );
  }
}

function refusal(uri: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${why} each other's place; give another prefix`,
    uri,
  });
}

/** As text with a slash at the end, the same for all ways to write it. */
async function placeOf(uri: string): Promise<string> {
  const { scheme, container, key } = parseStoreUri(uri);
  if (scheme !== "file" && scheme !== "direct") {
    return `${scheme}://${[container, key].join("/").replace(/\/+$/, "")}/`;
  }
  return `file://${(await realPath(join("/", key))).replace(/\/+$/, "")}/`;
}

/** Of a folder that is not there yet too. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === path) throw error;
    return join(await realPath(above), path.slice(above.length));
  }
}
