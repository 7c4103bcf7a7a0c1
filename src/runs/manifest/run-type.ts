import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";

/** What a run is for. */
export const RUN_TYPES = [
  "experiment",
  "production",
  "evaluation",
  "development",
  "analysis",
] as const;
export type RunType = (typeof RUN_TYPES)[number];

/** `killed`: ended from outside, so that it could tell no error. */
export const RUN_STATUSES = ["running", "finished", "failed", "killed"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Throws `invalid-argument` that names the nearest type. */
export function checkRunType(text: string): RunType {
  const type = RUN_TYPES.find((known) => known === text);
  if (type !== undefined) return type;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(text)} is no type of run (${RUN_TYPES.join(", ")})${didYouMean(text, RUN_TYPES)}`,
  });
}

/** Throws `invalid-argument`. */
export function checkRunStatus(text: string): RunStatus {
  const status = RUN_STATUSES.find((known) => known === text);
  if (status !== undefined) return status;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(text)} is no status of a run (${RUN_STATUSES.join(", ")})`,
  });
}
