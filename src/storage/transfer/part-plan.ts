import { LodeError } from "../../errors.js";
import type { Capabilities } from "../capabilities.js";

const MEBIBYTE = 1 << 20;

export const DEFAULT_PART_SIZE = 8 * MEBIBYTE;
export const DEFAULT_MULTIPART_THRESHOLD = 16 * MEBIBYTE;

export interface PartPlan {
  /** Of every part but the last, in bytes. */
  readonly partSize: number;
  readonly count: number;
}

/** Where a part lies: `start` inclusive, `end` exclusive. */
export interface PartRange {
  readonly start: number;
  readonly end: number;
}

type PartLimits = Pick<Capabilities, "minPartBytes" | "maxPartBytes" | "maxParts">;

/**
 * Cuts an object of `size` bytes into parts of at least `wanted` bytes each, grown in whole MiB so
 * that the target's largest count is enough. Throws `invalid-argument` if no part size is.
 */
export function planParts(size: number, limits: PartLimits, wanted: number): PartPlan {
  let partSize = Math.min(Math.max(wanted, limits.minPartBytes), limits.maxPartBytes);
  if (Math.ceil(size / partSize) > limits.maxParts) {
    const grown = Math.ceil(size / limits.maxParts / MEBIBYTE) * MEBIBYTE;
    partSize = Math.min(grown, limits.maxPartBytes);
  }
  const count = Math.max(1, Math.ceil(size / partSize));
  if (count > limits.maxParts) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an object of ${size} bytes does not fit into the target's ${limits.maxParts} parts of at most ${limits.maxPartBytes} bytes`,
    });
  }
  return { partSize, count };
}

/** The bytes of part `number`, counted from 1. */
export function partRange(plan: PartPlan, size: number, number: number): PartRange {
  const start = (number - 1) * plan.partSize;
  return { start, end: Math.min(start + plan.partSize, size) };
}
