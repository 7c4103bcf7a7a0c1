import { IdSet, type Ids } from "../cycles/index.js";
import { type Reached, reach } from "./reach.js";
import type { Tally } from "./report.js";
import type { Survey } from "./survey.js";

/** Blobs and packs by their ids. */
export interface IdSets {
  readonly blobs: IdSet;
  readonly packs: IdSet;
}

export function idSets({ blobs, packs }: Ids): IdSets {
  return { blobs: new IdSet(32, blobs), packs: new IdSet(16, packs) };
}

/**
 * What no ref reaches and is older than the grace. What a younger blob needs stays with it, so that a blob that is not
 * condemned is always complete: a session may rely on it without a look at what it needs.
 */
export function findCandidates(
  survey: Survey,
  { oldBefore, gone }: { readonly oldBefore: number; readonly gone: IdSets },
): Ids {
  const isYoung = (blob: number): boolean =>
    (survey.blobTallies[blob]?.modified ?? Number.NEGATIVE_INFINITY) >= oldBefore;
  const reached = reach(survey, (blob) => survey.referenced.has(blob) || isYoung(blob));
  const blobs: string[] = [];
  const packs: string[] = [];
  for (const [blob, tally] of survey.blobTallies.entries()) {
    const id = survey.blobs.id(blob);
    if (tally === undefined || reached.blobs[blob] === 1 || gone.blobs.has(id)) continue;
    blobs.push(id);
  }
  for (const [pack, tally] of survey.packTallies.entries()) {
    const id = survey.packs.id(pack);
    if (tally === undefined || reached.packs[pack] === 1 || gone.packs.has(id)) continue;
    if (tally.modified >= oldBefore) continue;
    packs.push(id);
  }
  return { blobs, packs };
}

/** Of what is condemned, that which something needs that is not: a ref, a blob that was rescued, or one that is newer than the list. */
export function findNeeded(survey: Survey, condemned: IdSets, rescued: IdSets): Ids {
  const reached = reach(survey, (blob) => {
    const id = survey.blobs.id(blob);
    return survey.referenced.has(blob) || !condemned.blobs.has(id) || rescued.blobs.has(id);
  });
  return {
    blobs: [...condemned.blobs].filter((id) => isReached(survey, reached, "blobs", id)),
    packs: [...condemned.packs].filter((id) => isReached(survey, reached, "packs", id)),
  };
}

/**
 * Blobs that are not complete although they should be: refs reach them, or their root is there, which sessions take for all of
 * them; and they, or packs or blobs that they need, are not there. The flag tells whether refs reach them.
 */
export function findBroken(survey: Survey, gone: IdSets): Map<string, boolean> {
  const { blobs } = reach(survey, (blob) => survey.referenced.has(blob));
  const broken = new Map<string, boolean>();
  for (let blob = 0; blob < survey.blobs.size; blob++) {
    const isReached = blobs[blob] === 1;
    const id = survey.blobs.id(blob);
    const isComplete = survey.complete.has(blob);
    if (!(isReached || isComplete) || gone.blobs.has(id)) continue;
    const isWhole =
      isComplete &&
      (survey.recipes.get(blob) ?? []).every((pack) => survey.packTallies[pack] !== undefined) &&
      (survey.links.get(blob) ?? []).every((link) => survey.complete.has(link));
    if (!isWhole) broken.set(id, isReached);
  }
  return broken;
}

/** Blobs that are there without their metadata: one that slept may have stored the bytes when those had just been deleted. */
export function findUndescribed(survey: Survey, gone: IdSets): string[] {
  return [...survey.complete]
    .filter((blob) => !survey.described.has(blob))
    .map((blob) => survey.blobs.id(blob))
    .filter((id) => !gone.blobs.has(id));
}

export function tallyOf(survey: Survey, ids: Ids): Tally {
  let bytes = 0;
  for (const id of ids.blobs)
    bytes += survey.blobTallies[survey.blobs.numberOf(id) ?? -1]?.bytes ?? 0;
  for (const id of ids.packs)
    bytes += survey.packTallies[survey.packs.numberOf(id) ?? -1]?.bytes ?? 0;
  return { blobs: ids.blobs.length, packs: ids.packs.length, bytes };
}

export function tallyOfAll(survey: Survey): Tally {
  const blobs = survey.blobTallies.filter((tally) => tally !== undefined);
  const packs = survey.packTallies.filter((tally) => tally !== undefined);
  const bytes = [...blobs, ...packs].reduce((sum, tally) => sum + tally.bytes, 0);
  return { blobs: blobs.length, packs: packs.length, bytes };
}

function isReached(survey: Survey, reached: Reached, kind: "blobs" | "packs", id: string): boolean {
  const number = survey[kind].numberOf(id);
  return number !== undefined && reached[kind][number] === 1;
}
