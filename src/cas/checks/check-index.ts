import { isLodeError } from "../../errors.js";
import { IdSet } from "../cycles/index.js";
import { packKey } from "../keys.js";
import { type PackFooter, readIndex } from "../packs/index.js";
import type { CheckContext } from "./check-context.js";
import { inBatches } from "./in-batches.js";

const CONCURRENCY = 8;

/** Each index object can be read and tells of packs that are there; each sound pack stands in one. */
export async function checkIndex(check: CheckContext): Promise<void> {
  const { store, signal } = check;
  const indexed = new IdSet(16);
  await inBatches(
    store.list({ prefix: "index/", signal }),
    CONCURRENCY,
    signal,
    async ({ key }, stop) => {
      const footers = await readOrTell(check, key, stop);
      let gone = 0;
      for (const { pack } of footers) {
        indexed.add(pack);
        if (check.packs.has(pack)) continue;
        // Stored since the packs were listed.
        if (await store.exists(packKey(pack), { signal: stop })) check.packs.add(pack);
        else gone++;
      }
      if (gone > 0) {
        await check.found({
          kind: "dangling",
          key,
          reason: `it tells of ${gone} packs that are gone`,
          advice: "nothing has to be done: the next collection, or repair, writes it anew",
        });
      }
      check.done("index");
    },
  );
  for (const pack of check.packs) {
    if (indexed.has(pack) || check.damagedPacks.has(pack)) continue;
    const key = packKey(pack);
    if (!(await store.exists(key, { signal }))) continue;
    await check.found({
      kind: "orphan",
      key,
      pack,
      reason: "no index object tells of it, so that new blobs cannot use its chunks",
      advice: "repair adds it to the index, unless a session is just writing it",
    });
  }
}

async function readOrTell(
  check: CheckContext,
  key: string,
  signal: AbortSignal,
): Promise<readonly PackFooter[]> {
  try {
    return await readIndex(check.store, key, { signal });
  } catch (error) {
    // Written anew with others since it was listed.
    if (isLodeError(error, "not-found")) return [];
    if (!isLodeError(error, "integrity")) throw error;
    await check.found({
      kind: "corrupt",
      key,
      reason: error.message,
      advice: "repair makes it again from the packs",
    });
    return [];
  }
}
