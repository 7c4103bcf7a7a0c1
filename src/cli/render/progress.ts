import { formatByteSize } from "../../app/config/index.js";
import type { Notices } from "./notices.js";
import { formatSeconds } from "./text.js";

/** How far a command is. */
export interface ProgressState {
  readonly bytes: number;
  readonly totalBytes?: number | undefined;
  readonly objects: number;
  readonly totalObjects?: number | undefined;
  readonly failed: number;
  readonly bytesPerSecond: number;
  /** What `objects` counts, where it is not objects. */
  readonly noun?: string | undefined;
}

const BAR_CELLS = 24;

/** Draws the state on the status line, if there is one. */
export function showProgress(notices: Notices, label: string, state: ProgressState): void {
  if (notices.showsStatus) notices.status(progressText(label, state));
}

/** `copy [#####.....]  12.0 MiB/24.0 MiB  50%  6.00 MiB/s  ETA 0:02  1/2 objects`. */
export function progressText(label: string, state: ProgressState): string {
  const { bytes, totalBytes, objects, totalObjects, failed, bytesPerSecond } = state;
  const { noun = "objects" } = state;
  const done = fraction(state);
  const parts = [label];
  if (done !== undefined) {
    const cells = Math.round(done * BAR_CELLS);
    parts.push(`[${"#".repeat(cells)}${".".repeat(BAR_CELLS - cells)}]`);
  }
  parts.push(
    totalBytes === undefined
      ? formatByteSize(bytes)
      : `${formatByteSize(bytes)}/${formatByteSize(totalBytes)}`,
  );
  if (done !== undefined) parts.push(`${Math.floor(done * 100)}%`);
  parts.push(`${formatByteSize(Math.round(bytesPerSecond))}/s`);
  if (totalBytes !== undefined && bytesPerSecond > 0) {
    parts.push(`ETA ${formatSeconds(Math.max(0, totalBytes - bytes) / bytesPerSecond)}`);
  }
  parts.push(`${objects}${totalObjects === undefined ? "" : `/${totalObjects}`} ${noun}`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join("  ");
}

function fraction(state: ProgressState): number | undefined {
  const { bytes, totalBytes, objects, totalObjects } = state;
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytes / totalBytes);
  if (totalObjects !== undefined && totalObjects > 0) return Math.min(1, objects / totalObjects);
  return undefined;
}
