import type { ObjectStore } from "../../storage/index.js";
import { type Ids, NO_IDS, readCondemned, readState, TRASH } from "../cycles/index.js";
import { type PackFooter, readIndex } from "../packs/index.js";
import {
  findBroken,
  findCandidates,
  findNeeded,
  type IdSets,
  idSets,
  tallyOf,
  tallyOfAll,
} from "./candidates.js";
import type { CollectSettings } from "./collect-options.js";
import { withoutForeign } from "./foreign-blobs.js";
import { PackUse } from "./pack-use.js";
import type { CollectReport } from "./report.js";
import { Survey } from "./survey.js";
import { WastefulPacks } from "./wasteful-packs.js";

/** What a collection would do now if all sessions knew what is condemned; writes nothing. Ages are by this machine's clock. */
export async function planCollection(
  store: ObjectStore,
  { clock, grace, restoreWindow, repack, signal, onProgress }: CollectSettings,
): Promise<CollectReport> {
  const { state } = await readState(store, { signal });
  const survey = await Survey.take(store, {
    signal,
    onStep: (done) => onProgress?.({ step: "survey", done }),
  });
  const rescued = idSets(state.rescued);
  let deleted: Ids = NO_IDS;
  let kept = { blobs: 0, packs: 0 };
  if (state.list !== undefined) {
    const list = await readCondemned(store, state.list, { signal });
    const needed = idSets(state.phase === "condemned" ? findNeeded(survey, list, rescued) : NO_IDS);
    const goes = (kind: keyof Ids): string[] =>
      [...list[kind]].filter((id) => !needed[kind].has(id) && !rescued[kind].has(id));
    deleted = { blobs: goes("blobs"), packs: goes("packs") };
    kept = {
      blobs: list.blobs.size - deleted.blobs.length,
      packs: list.packs.size - deleted.packs.length,
    };
  }
  const now = clock.now();
  const oldBefore = now - grace;
  const candidates = findCandidates(survey, { oldBefore, gone: idSets(deleted) });
  const { ids: condemned, foreign } = await withoutForeign(store, survey, candidates, { signal });
  const freed = { objects: 0, bytes: 0 };
  for await (const { size, lastModified } of store.list({ prefix: TRASH, signal })) {
    if (now - lastModified.getTime() <= restoreWindow) continue;
    freed.objects += 1;
    freed.bytes += size;
  }
  return {
    dryRun: true,
    cycle: state.cycle,
    found: tallyOfAll(survey),
    condemned: tallyOf(survey, condemned),
    foreign,
    deleted: tallyOf(survey, deleted),
    rescued: kept,
    waitingFor: [],
    freed,
    restored: [],
    missing: [...findBroken(survey, idSets(deleted))]
      .filter(([, isReached]) => isReached)
      .map(([id]) => id),
    repacked: repack
      ? await planRepack(store, survey, idSets(condemned), oldBefore, signal)
      : { packs: 0, bytes: 0, writtenBytes: 0 },
  };
}

async function planRepack(
  store: ObjectStore,
  survey: Survey,
  condemned: IdSets,
  oldBefore: number,
  signal: AbortSignal | undefined,
): Promise<CollectReport["repacked"]> {
  const use = await PackUse.read(store, survey, condemned, { signal });
  const wasteful = new WastefulPacks(use, survey, condemned, oldBefore);
  for (const { key } of survey.index) {
    for (const footer of await readIndex(store, key, { signal })) wasteful.take(footer);
  }
  const footers = wasteful.footers();
  const sum = (bytes: (footer: PackFooter) => number) =>
    footers.reduce((total, footer) => total + bytes(footer), 0);
  return {
    packs: footers.length,
    bytes: sum(({ packBytes }) => packBytes),
    writtenBytes: sum((footer) => use.usedBytes(footer)),
  };
}
