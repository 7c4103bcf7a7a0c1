import { CONCURRENT_READS } from "../../core/index.js";
import type { ObjectMeta } from "../../storage/index.js";
import { WholeContent } from "../blobs/index.js";
import { type BlobEntry, blobEntries } from "./blob-entries.js";
import type { CheckContext } from "./check-context.js";
import { checkMetadata, type ToldOfBlob, wrongMetadata } from "./check-metadata.js";
import { checkRecipe } from "./check-recipe.js";
import { contentFlaw } from "./content-flaw.js";
import { inBatches } from "./in-batches.js";

const ADVICE =
  "repair fetches it from a mirror, or sets it aside so that it can be stored anew: nothing can be stored in its place";

/** Each blob has metadata that are its own, its size, and the packs that its recipe names; those that are read have their SHA-256. */
export async function checkBlobs(check: CheckContext): Promise<void> {
  const { store, signal } = check;
  await inBatches(blobEntries(store, { signal }), CONCURRENT_READS, signal, async (entry, stop) => {
    if ("id" in entry) await checkBlob(check, entry, stop);
    else await leftover(check, entry);
    check.done("blobs");
  });
}

async function checkBlob(
  check: CheckContext,
  entry: BlobEntry,
  signal: AbortSignal,
): Promise<void> {
  const { id, data, recipe, metadata } = entry;
  for (const other of entry.others) await leftover(check, other);
  if (data.length === 0 && recipe === undefined) {
    if (metadata === undefined) return;
    return check.found({
      kind: "leftover",
      key: metadata.key,
      blob: id,
      reason: "the blob that it tells of was not stored to its end",
      advice:
        "nothing has to be done: a session may be storing it, and if not a collection takes it",
    });
  }
  check.blobs.add(id);
  const told = await checkMetadata(check, entry, signal);
  if (told?.isForeign === true) check.foreign++;
  for (const object of data) await checkData(check, entry, object, told, signal);
  if (recipe !== undefined) await checkRecipe(check, entry, told, signal);
}

async function checkData(
  check: CheckContext,
  { id }: BlobEntry,
  { key, size }: ObjectMeta,
  told: ToldOfBlob | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (told?.isForeign === true) return;
  // Which of the two is wrong is seen by its SHA-256.
  const differs = told?.size !== undefined && told.size !== size;
  if (!differs && !check.isRead(id)) return;
  const facts = { id, size, key, format: "", layout: "whole" } as const;
  const flaw = await contentFlaw(check, facts, new WholeContent(check.store, facts), signal);
  if (flaw !== undefined) {
    await check.found({ kind: "corrupt", blob: id, ...flaw, advice: ADVICE });
  } else if (differs) {
    await wrongMetadata(check, id, `it tells of ${told.size} bytes where there are ${size}`);
  }
}

function leftover(check: CheckContext, { key }: ObjectMeta): Promise<void> {
  return check.found({
    kind: "leftover",
    key,
    reason: "it has no place here",
    advice: "look what it is, and delete it",
  });
}
