import { compareKeys } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type CheckpointName, listManifests } from "../manifest/index.js";

export interface ListedCheckpoint {
  readonly name: CheckpointName;
  /** The time that the id begins with, else that of the manifest's last change. */
  readonly savedAt: Date;
}

/** All checkpoints, the newest last, by one listing: no manifest is read. */
export async function listCheckpoints(
  store: ObjectStore,
  options: CallOptions = {},
): Promise<ListedCheckpoint[]> {
  const checkpoints: ListedCheckpoint[] = [];
  for await (const { name, meta } of listManifests(store, options)) {
    checkpoints.push({ name, savedAt: timeOfId(name.id) ?? meta.lastModified });
  }
  return checkpoints.sort(
    (a, b) =>
      a.savedAt.getTime() - b.savedAt.getTime() ||
      a.name.step - b.name.step ||
      compareKeys(a.name.id, b.name.id),
  );
}

/** The `YYYYMMDD-HHMMSS` of UTC at the beginning; copied checkpoints keep it. */
function timeOfId(id: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?!\d)/.exec(id);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
