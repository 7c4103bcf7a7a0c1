import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { Collector } from "../cycles/index.js";
import { type CollectOptions, settingsOf } from "./collect-options.js";
import { Collection } from "./collection.js";
import { planCollection } from "./plan-collection.js";
import type { CollectReport } from "./report.js";

/**
 * Moves to the trash what an earlier collection condemned and nothing needs still, empties the trash of what is older than the restore
 * window, and condemns what no ref reaches now: what is dropped today is deleted by the next collection and freed by the first one
 * after the window. Sessions may write all the while, and another process may stop this one anywhere; see decision 13.
 *
 * Costs listings of the whole store (`data/`, `packs/`, `refs/`, `index/`, `trash/`: on S3 a request of the dear kind for each
 * 1,000 objects), a read for each recipe, and, for what goes, a copy on the server's side and a deletion.
 *
 * Throws `unsupported` for a store without conditional puts, `precondition-failed` while another collection is at work,
 * `corrupt-format` for a recipe or a lease that cannot be read: then nothing may be deleted.
 */
export async function collectGarbage(
  store: ObjectStore,
  options: CollectOptions = {},
): Promise<CollectReport> {
  const settings = settingsOf(options);
  if (!store.capabilities.putIfMatch || !store.capabilities.putIfAbsent) {
    throw new LodeError({
      code: "unsupported",
      message: `${store.uri} has no conditional puts, so a collection could delete what is being written; nothing was done`,
      uri: store.uri,
    });
  }
  if (settings.dryRun) return planCollection(store, settings);
  const collector = await Collector.start(store, settings.clock, { signal: settings.signal });
  let report: CollectReport;
  try {
    report = await new Collection(store, collector, settings).run();
  } catch (error) {
    // Its right to collect lapses by itself; what went wrong first is what has to be told.
    if (!collector.isLost) await collector.end().catch(() => undefined);
    throw error;
  }
  await collector.end();
  return report;
}
