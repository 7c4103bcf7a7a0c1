import { CONCURRENT_READS } from "../../core/index.js";
import type { Recipe } from "../blobs/index.js";
import { findRoot } from "../cycles/index.js";
import { type BlobId, blobFolder, isBlobId } from "../keys.js";
import { type CheckContext, noted } from "./check-context.js";
import { inBatches } from "./in-batches.js";

/** Notes all digest pointers, by which the metadata of blobs are compared. */
export async function noteDigests(check: CheckContext): Promise<void> {
  for await (const { key } of check.store.list({ prefix: "digests/", signal: check.signal })) {
    check.pointers.add(noted(key));
    check.done("digests");
  }
}

/** Each digest pointer leads to a blob. */
export async function checkDigests(check: CheckContext): Promise<void> {
  const { store, signal } = check;
  const keys = store.list({ prefix: "digests/", signal });
  await inBatches(keys, CONCURRENT_READS, signal, async ({ key }, stop) => {
    const blob = key.slice(key.lastIndexOf("/") + 1);
    if (!isBlobId(blob)) await misnamed(check, key);
    else if (!(await isThere(check, blob, stop)) && (await store.exists(key, { signal: stop }))) {
      await check.found({
        kind: "dangling",
        key,
        blob,
        reason: "it leads to a blob that is gone",
        advice: "nothing has to be done; repair removes it",
      });
    }
    check.done("pointers");
  });
}

/** The blobs to which one links are there. */
export async function checkLinks(
  check: CheckContext,
  { blob, links }: Recipe,
  signal: AbortSignal,
): Promise<void> {
  for (const link of links) {
    if (await isThere(check, link, signal)) continue;
    if (!(await isThere(check, blob, signal, true))) return;
    await missing(check, link, `the blob ${blob} links to it`);
  }
}

/** Each blob that a ref keeps alive is there. */
export async function checkRefs(check: CheckContext): Promise<void> {
  const { store, signal } = check;
  const keys = store.list({ prefix: "refs/", signal });
  await inBatches(keys, CONCURRENT_READS, signal, async ({ key }, stop) => {
    const blob = key.split("/")[2];
    if (!isBlobId(blob)) await misnamed(check, key);
    else if (!(await isThere(check, blob, stop)) && (await store.exists(key, { signal: stop }))) {
      await missing(check, blob, `${key} keeps it`);
    }
    check.done("refs");
  });
}

/** A blob that came, or went, since the blobs were listed is looked for once more. */
async function isThere(
  check: CheckContext,
  blob: BlobId,
  signal: AbortSignal,
  look = false,
): Promise<boolean> {
  if (!look && check.blobs.has(blob)) return true;
  if (check.missing.has(blob)) return false;
  if ((await findRoot(check.store, blob, { signal })) === undefined) return false;
  check.blobs.add(blob);
  return true;
}

async function missing(check: CheckContext, blob: BlobId, reason: string): Promise<void> {
  if (check.missing.has(blob)) return;
  check.missing.add(blob);
  await check.found({
    kind: "missing",
    key: blobFolder(blob),
    blob,
    reason: `${reason}, and it is not there`,
    advice: "repair brings it back from the trash or fetches it from a mirror",
  });
}

function misnamed(check: CheckContext, key: string): Promise<void> {
  return check.found({
    kind: "leftover",
    key,
    reason: "its name is that of no blob",
    advice: "look what it is, and delete it",
  });
}
