import { type Clock, systemClock } from "../../core/index.js";
import type { ObjectStore } from "../../storage/index.js";
import { metadataKey, packKey, recipeKey } from "../keys.js";
import { Lease } from "../sessions/index.js";
import { Aside } from "./aside.js";
import type { BlobPlace } from "./blob-place.js";
import { CheckContext } from "./check-context.js";
import { evacuate } from "./evacuate.js";
import { type Finding, isDamage } from "./finding.js";
import { Mirrors } from "./mirrors.js";
import { BlobRepair } from "./repair-blobs.js";
import type { RepairContext, RepairTools } from "./repair-context.js";
import type { Remedy, Repaired, RepairOptions, RepairReport } from "./repair-options.js";
import { PackRepair } from "./repair-packs.js";
import { setUnusedAside } from "./unused-packs.js";
import { STEPS } from "./verification.js";
import { verifySettings } from "./verify-options.js";

/**
 * Looks at a store as `Verification` does, and mends what is found: from the trash, from mirrors, from what is there. No byte of
 * a value is deleted: what is damaged and replaced lies below `damaged/` then, each object under its own key, until somebody deletes it. Sessions and
 * collections may go on. Use `BlobStore.repair`.
 *
 * Throws `unsupported` for a store without conditional puts, `invalid-argument`.
 */
export async function repairStore(
  store: ObjectStore,
  open: (store: ObjectStore) => BlobPlace,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const { dryRun = false, mode = "full", sources = [], signal, onProgress } = options;
  const { clock = systemClock } = options;
  const settings = verifySettings({ mode, signal, onProgress });
  const found: Finding[] = [];
  const check = new CheckContext(store, settings, async (finding) => {
    found.push(finding);
  });
  const mirrors = new Mirrors(sources.map(open));
  const repaired: Repaired[] = [];
  let left: Finding[] = [];
  const work = async (tools: RepairTools | undefined): Promise<void> => {
    const context = { store, check, mirrors, tools, signal };
    const remedies = new Remedies(context);
    // What a step finds is mended before the next one, which may need it.
    for (const step of STEPS) {
      await step(check);
      for (const finding of found.splice(0)) {
        const remedy = await remedies.apply(finding);
        if (remedy === undefined) left.push(finding);
        else repaired.push({ finding, remedy });
      }
      await remedies.endStep();
    }
  };
  if (dryRun) await work(undefined);
  else {
    const aside = new Aside(store, clock.now());
    await withTools(store, open, { clock, signal, aside }, work);
    await evacuate(store, check.damagedPacks, check.footers, { clock, signal });
    const unused = await setUnusedAside(store, check.damagedPacks, aside, { signal });
    const isUnused = ({ key, pack = "" }: Finding) => key === packKey(pack) && unused.has(pack);
    for (const finding of left) {
      if (isUnused(finding)) repaired.push({ finding, remedy: "set-aside" });
    }
    left = left.filter((finding) => !isUnused(finding));
  }
  return { dryRun, repaired, left, found: check.summary, sound: isSound(repaired, left) };
}

/** A pack is set aside only once nothing needs it; a blob that is set aside is missing. */
function isSound(repaired: readonly Repaired[], left: readonly Finding[]): boolean {
  if (left.some(isDamage)) return false;
  return !repaired.some(({ finding, remedy }) => {
    return remedy === "set-aside" && finding.pack === undefined;
  });
}

/** Which remedy is for which finding. */
class Remedies {
  readonly #context: RepairContext;
  readonly #packs: PackRepair;
  readonly #blobs: BlobRepair;

  constructor(context: RepairContext) {
    this.#context = context;
    this.#packs = new PackRepair(context);
    this.#blobs = new BlobRepair(context);
  }

  /** Undefined if there is none. */
  async apply(finding: Finding): Promise<Remedy | undefined> {
    const { kind, key, blob } = finding;
    if (kind === "leftover") return undefined;
    switch (key.slice(0, key.indexOf("/"))) {
      case "packs":
        return this.#ofPack(finding);
      case "index":
        return kind === "corrupt" ? this.#packs.setIndexAside(key) : this.#packs.dropFromIndex();
      case "digests":
        return this.#ofPointer(finding);
    }
    if (blob === undefined) return undefined;
    if (key === metadataKey(blob)) return this.#blobs.metadata(blob);
    if (key === recipeKey(blob)) return this.#blobs.recipe(blob);
    return kind === "missing" ? this.#blobs.missing(blob) : this.#blobs.data(blob, key);
  }

  async endStep(): Promise<void> {
    await this.#packs.writeIndex();
  }

  async #ofPack(finding: Finding): Promise<Remedy | undefined> {
    const { kind, pack, blob } = finding;
    if (pack === undefined) return undefined;
    if (kind === "orphan") return this.#packs.addToIndex(pack);
    const mended = await this.#packs.mend({ ...finding, pack });
    // Its other blobs may be in a mirror whose packs are others.
    return mended ?? (blob === undefined ? undefined : this.#blobs.fetch(blob));
  }

  async #ofPointer({ kind, key, blob }: Finding): Promise<Remedy | undefined> {
    if (kind === "orphan" && blob !== undefined) return this.#blobs.pointer(blob);
    const { store, tools, signal } = this.#context;
    if (tools !== undefined) await store.delete(key, { signal });
    return "removed";
  }
}

async function withTools(
  store: ObjectStore,
  open: (store: ObjectStore) => BlobPlace,
  { clock, signal, aside }: { clock: Clock; signal: AbortSignal | undefined; aside: Aside },
  work: (tools: RepairTools) => Promise<void>,
): Promise<void> {
  await using lease = await Lease.open(store, { clock, signal });
  await using session = await open(store).session({ signal });
  await work({ lease, session, aside });
  await lease.confirm({ signal });
  await session.confirm({ signal });
}
