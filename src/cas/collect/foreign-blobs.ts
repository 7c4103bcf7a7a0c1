import { CONCURRENT_READS, JsonFields, sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { Ids } from "../cycles/index.js";
import { metadataKey } from "../keys.js";
import type { Survey } from "./survey.js";

export interface ForeignOptions extends CallOptions {
  /** Called after each look; it is waited for. */
  readonly onStep?: (() => Promise<void>) | undefined;
}

/**
 * The candidates without whole blobs of other programs that write the same layout, as mltrack does, and no refs: nobody can tell
 * whether they are in use. Ours tell their layout in their metadata; costs a read for each whole candidate.
 */
export async function withoutForeign(
  store: ObjectStore,
  survey: Survey,
  { blobs, packs }: Ids,
  { signal, onStep }: ForeignOptions,
): Promise<{ ids: Ids; foreign: number }> {
  const isOurs = await sideBySide(blobs, CONCURRENT_READS, signal, async (id, stop) => {
    await onStep?.();
    const blob = survey.blobs.numberOf(id) ?? -1;
    if (!survey.complete.has(blob) || survey.recipes.has(blob)) return true;
    const key = metadataKey(id);
    try {
      const fields = new JsonFields(await store.json(key, { signal: stop }), {
        what: "metadata of a blob",
        uri: store.uriOf(key),
        path: "",
      });
      return fields.has("layout");
    } catch (error) {
      // What is not known to be ours stays.
      if (isLodeError(error, "not-found", "corrupt-format")) return false;
      throw error;
    }
  });
  const ours = blobs.filter((_, index) => isOurs[index]);
  return { ids: { blobs: ours, packs }, foreign: blobs.length - ours.length };
}
