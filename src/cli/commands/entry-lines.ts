import { displayUri, type Location } from "../../app/index.js";
import type { ListEntry } from "../../app/operations/index.js";
import { entryJson, formatSize, formatTime, jsonLine } from "../render/index.js";

export interface EntryStyle {
  readonly json: boolean;
  readonly long?: boolean | undefined;
  readonly human?: boolean | undefined;
  /** Keys alone, as the seed's `list` prints them. */
  readonly keysOnly?: boolean | undefined;
}

const SIZE_WIDTH = 12;
const TIME_WIDTH = 19;

/** One line for one entry of a listing. */
export function entryLine(
  entry: ListEntry,
  style: EntryStyle,
  location: Location,
  cwd: string,
): string {
  if (style.json) return jsonLine(entryJson(entry));
  const folder = entry.kind === "folder" ? "/" : "";
  const shown =
    style.keysOnly === true && entry.kind !== "container"
      ? entry.key
      : `${displayUri(entry.uri, location, cwd).replace(/\/$/, "")}${folder}`;
  if (style.long !== true) return shown;
  const size = entry.meta === undefined ? "-" : formatSize(entry.meta.size, style.human === true);
  const time = entry.meta?.lastModified ?? entry.createdAt;
  const when = time === undefined ? "-" : formatTime(time);
  return `${size.padStart(SIZE_WIDTH)}  ${when.padEnd(TIME_WIDTH)}  ${shown}`;
}
