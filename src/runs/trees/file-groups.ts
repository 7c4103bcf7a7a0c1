import { createHash } from "node:crypto";
import type { Digest } from "../../cas/index.js";

/** What a group needs to know of a file. */
export interface GroupedFile {
  readonly size: number;
  readonly sha256: string;
}

const LEAST_BYTES = 16 * 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;
/** Bytes behind the least until a group ends, on average. */
const MEAN_REST_BYTES = 16 * 1024 * 1024;
/** A smaller file counts as much: to read it takes about as long, and a change of one file has all of its group read. */
const LEAST_WEIGHT = 4096;

/**
 * Cuts a sequence of small files into groups, each of which becomes one blob. A group ends, once it is large enough,
 * behind a file that its content chooses: so that a change leaves the groups before it and most of those behind it as
 * they are, and what is known of them by their digest need not be read.
 */
export function groupFiles<F extends GroupedFile>(files: readonly F[]): F[][] {
  const groups: F[][] = [];
  let group: F[] = [];
  let weight = 0;
  for (const file of files) {
    if (weight + weightOf(file) > MOST_BYTES) {
      groups.push(group);
      group = [];
      weight = 0;
    }
    group.push(file);
    weight += weightOf(file);
    if (weight >= LEAST_BYTES && endsGroup(file)) {
      groups.push(group);
      group = [];
      weight = 0;
    }
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** Large files are chosen more often, so that the rest of a group is the same in bytes whatever their size. */
function endsGroup(file: GroupedFile): boolean {
  const drawn = Number.parseInt(file.sha256.slice(0, 12), 16) / 2 ** 48;
  return drawn < weightOf(file) / MEAN_REST_BYTES;
}

function weightOf({ size }: GroupedFile): number {
  return Math.max(size, LEAST_WEIGHT);
}

/**
 * What the blob of a group consists of: each content once, in order of the SHA-256, so that a file that gets another
 * name changes nothing.
 */
export function groupContents<F extends GroupedFile>(files: readonly F[]): F[] {
  const distinct = new Map(files.map((file) => [file.sha256, file]));
  return [...distinct.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}

/** By which the blob of these contents is known without its bytes: SHA-256 over their SHA-256. */
export function contentsDigest(contents: readonly GroupedFile[]): Digest {
  const hash = createHash("sha256");
  for (const { sha256 } of contents) hash.update(sha256, "hex");
  return `files-v1:${hash.digest("hex")}`;
}

export function totalBytes(files: readonly GroupedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
