import { fullJitter } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import { publishRun, type RunHead, readSaved, type SavedRun, swapHead } from "../commit/index.js";
import type { RunContext } from "../context.js";
import { refuseInPlaceRun } from "../legacy/index.js";
import { formatTime, headKey } from "../manifest/index.js";

const ATTEMPTS = 100;
const WAIT = { baseDelayMs: 5, maxDelayMs: 1000 };

/**
 * Deletes a run: it is no longer found, its views and its copy go; it can be restored until it is purged. False if it
 * was deleted before. Throws `not-found`, `unsupported` for a run that mltrack wrote here.
 */
export function deleteRun(
  context: RunContext,
  runId: string,
  options: CallOptions = {},
): Promise<boolean> {
  return changeHead(context, runId, options, (head) =>
    head.deletedAt === null ? { ...head, deletedAt: formatTime(context.clock.now()) } : undefined,
  );
}

/** Takes a deletion back. False if the run is not deleted. Throws `not-found`, also while it is being purged. */
export function restoreRun(
  context: RunContext,
  runId: string,
  options: CallOptions = {},
): Promise<boolean> {
  return changeHead(context, runId, options, (head) => {
    if (head.purging) throw missing(context, runId, "it is being removed for good");
    return head.deletedAt === null ? undefined : { ...head, deletedAt: null };
  });
}

async function changeHead(
  context: RunContext,
  runId: string,
  { signal }: CallOptions,
  change: (head: RunHead) => RunHead | undefined,
): Promise<boolean> {
  const { store, clock } = context;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const saved = await readSaved(store, runId, { signal });
    if (saved === undefined) await refuseInPlaceRun(store, runId, { signal });
    if (saved === undefined) throw missing(context, runId, "there is none of this id");
    const next = change(saved.head.head);
    if (next === undefined) return false;
    const head = await swapHead(store, saved.head, next, { signal });
    if (head !== undefined) {
      const changed: SavedRun = { manifest: saved.manifest, head };
      // Where it was deleted, no pointer is there yet.
      const shown = next.deletedAt === null ? undefined : saved.manifest;
      await publishRun(store, changed, shown, { signal });
      return true;
    }
    await clock.sleep(fullJitter(WAIT, attempt, Math.random), signal);
  }
  throw new LodeError({
    code: "precondition-failed",
    retry: "exhausted",
    message: `run ${JSON.stringify(runId)} was changed by others at each of ${ATTEMPTS} attempts`,
    uri: store.uriOf(headKey(runId)),
  });
}

function missing({ store }: RunContext, runId: string, why: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `no run ${JSON.stringify(runId)}: ${why}`,
    uri: store.uriOf(headKey(runId)),
  });
}
