import type { ObjectStore } from "../../storage/index.js";
import { findRoot, TRASH } from "../cycles/index.js";
import { type BlobId, packKey } from "../keys.js";
import type { Lease } from "../sessions/index.js";
import type { Aside } from "./aside.js";
import type { BlobSession } from "./blob-place.js";
import type { CheckContext } from "./check-context.js";
import type { Mirrors } from "./mirrors.js";

/** What a repair that is carried out writes with. */
export interface RepairTools {
  /** Holds what is brought back. */
  readonly lease: Lease;
  /** Stores what is fetched. */
  readonly session: BlobSession;
  readonly aside: Aside;
}

export interface RepairContext {
  readonly store: ObjectStore;
  readonly check: CheckContext;
  readonly mirrors: Mirrors;
  /** Undefined for a dry run. */
  readonly tools: RepairTools | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Brings the blob, and all that it needs, back from the trash; a dry run looks whether it itself is there. */
export async function bringBack(
  { store, tools, signal }: RepairContext,
  blob: BlobId,
): Promise<boolean> {
  if (tools !== undefined) return (await tools.lease.bringBack([blob], { signal })).length === 0;
  for (const folder of await trashFolders(store, signal)) {
    if ((await findRoot(store, blob, { signal, folder })) !== undefined) return true;
  }
  return false;
}

/** Whether the trash has the pack. */
export async function isInTrash({ store, signal }: RepairContext, pack: string): Promise<boolean> {
  for (const folder of await trashFolders(store, signal)) {
    if (await store.exists(`${folder}${packKey(pack)}`, { signal })) return true;
  }
  return false;
}

async function trashFolders(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const folders: string[] = [];
  for await (const page of store.listPages({ prefix: TRASH, delimiter: "/", signal })) {
    folders.push(...page.prefixes);
  }
  return folders;
}
