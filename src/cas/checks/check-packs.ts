import { CONCURRENT_READS } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { ObjectMeta } from "../../storage/index.js";
import { isPackId, packKey } from "../keys.js";
import type { PackFooter } from "../packs/index.js";
import type { CheckContext } from "./check-context.js";
import { inBatches } from "./in-batches.js";
import { SCAN_MEMORY, scanPack } from "./scan-pack.js";

const ADVICE =
  "repair fetches it from a mirror; without one, the blobs that use it are stored anew";

/** Each pack ends as its id says; of those that are read, each chunk is compared with its hash. */
export async function checkPacks(check: CheckContext): Promise<void> {
  const { store, signal } = check;
  await inBatches(
    store.list({ prefix: "packs/", signal }),
    CONCURRENT_READS,
    signal,
    async (meta, stop) => {
      await checkPack(check, meta, stop);
      check.done("packs");
    },
  );
}

async function checkPack(
  check: CheckContext,
  { key }: ObjectMeta,
  signal: AbortSignal,
): Promise<void> {
  const pack = key.split("/")[2];
  if (!isPackId(pack) || packKey(pack) !== key) {
    return check.found({
      kind: "leftover",
      key,
      reason: "it has not the name of a pack",
      advice: "look what it is, and delete it",
    });
  }
  try {
    const footer = await check.footers.get(pack, signal);
    check.packs.add(pack);
    if (!check.isRead(pack)) return;
    await check.within(SCAN_MEMORY, signal, () => readPack(check, footer, signal));
  } catch (error) {
    // Collected since it was listed.
    if (isLodeError(error, "not-found")) return;
    if (!isLodeError(error, "integrity")) throw error;
    check.packs.add(pack);
    await damaged(check, pack, flawOf(error.details, error.message));
  }
}

async function readPack(
  check: CheckContext,
  footer: PackFooter,
  signal: AbortSignal,
): Promise<void> {
  for await (const flaw of scanPack(check.store, footer, { signal })) {
    await damaged(check, footer.pack, flaw);
  }
  check.readPacks++;
  check.readBytes += footer.packBytes;
}

function damaged(
  check: CheckContext,
  pack: string,
  flaw: { readonly offset: number; readonly reason: string },
): Promise<void> {
  check.damagedPacks.add(pack);
  return check.found({ kind: "corrupt", key: packKey(pack), pack, ...flaw, advice: ADVICE });
}

/** Place and reason as an `integrity` error tells them. */
export function flawOf(
  details: Readonly<Record<string, unknown>>,
  message: string,
): { readonly offset: number; readonly reason: string } {
  const { offset, reason } = details;
  return {
    offset: typeof offset === "number" ? offset : 0,
    reason: typeof reason === "string" ? reason : message,
  };
}
