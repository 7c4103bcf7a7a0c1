import { LodeError } from "../errors.js";
import type { LayoutOptions } from "./object-layout.js";

/** So many samples, one behind the other, of the same length. */
export interface PartRun {
  readonly count: number;
  readonly length: number;
}

/** What a sample takes of its object unless told otherwise. */
export const DEFAULT_RECORD_BYTES = 128 * 1024;

/**
 * How `total` divides into samples of at least `least`, all in the same unit, `unitBytes` long: into so many
 * as told, whose lengths differ by one at most, or into samples of `recordSize`, the last of which is up to twice
 * as long. `total` is no less than `least`.
 */
export function sampleParts(
  { samples, recordSize = DEFAULT_RECORD_BYTES }: LayoutOptions,
  total: number,
  least: number,
  unitBytes = 1,
): readonly PartRun[] {
  if (samples !== undefined) return evenParts(total, samples);
  const length = Math.floor(recordSize / unitBytes);
  if (length < least) throw recordTooSmall(recordSize, least * unitBytes);
  const count = Math.max(1, Math.floor(total / length));
  return runs([
    { count: count - 1, length },
    { count: 1, length: total - (count - 1) * length },
  ]);
}

/** The longer ones first. */
function evenParts(total: number, parts: number): readonly PartRun[] {
  const length = Math.floor(total / parts);
  const longer = total - length * parts;
  return runs([
    { count: longer, length: length + 1 },
    { count: parts - longer, length },
  ]);
}

function runs(parts: readonly PartRun[]): readonly PartRun[] {
  return parts.filter(({ count }) => count > 0);
}

export function samplesOf(parts: readonly PartRun[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

export function recordTooSmall(recordSize: number, minimum: number): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `a record size of ${recordSize} is too small: the smallest record has ${minimum} bytes`,
    details: { recordSize, minimum },
  });
}
