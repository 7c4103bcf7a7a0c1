import type { Survey } from "./survey.js";

/** Blobs and packs by their numbers in a survey: 1 for those that are reached. */
export interface Reached {
  readonly blobs: Uint8Array;
  readonly packs: Uint8Array;
}

/** All blobs that are roots, all that these link to, and so on, and the packs of all of them. */
export function reach(survey: Survey, isRoot: (blob: number) => boolean): Reached {
  const blobs = new Uint8Array(survey.blobs.size);
  const packs = new Uint8Array(survey.packs.size);
  const next: number[] = [];
  const mark = (blob: number): void => {
    if (blobs[blob] === 1) return;
    blobs[blob] = 1;
    next.push(blob);
  };
  for (let blob = 0; blob < blobs.length; blob++) if (isRoot(blob)) mark(blob);
  for (let blob = next.pop(); blob !== undefined; blob = next.pop()) {
    for (const link of survey.links.get(blob) ?? []) mark(link);
    for (const pack of survey.recipes.get(blob) ?? []) packs[pack] = 1;
  }
  return { blobs, packs };
}
