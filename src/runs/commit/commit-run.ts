import type { WriteSession } from "../../cas/index.js";
import { fullJitter } from "../../core/index.js";
import { LodeError, toLodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import type { RunContext } from "../context.js";
import {
  checkedFacts,
  formatTime,
  headKey,
  mergeFacts,
  type RunFacts,
  type RunManifest,
  SCHEMA_VERSION,
  sameFacts,
} from "../manifest/index.js";
import { swapHead } from "./heads.js";
import { keepBlobs } from "./keep-blobs.js";
import { putRevision } from "./revisions.js";
import { readSaved, type SavedRun } from "./saved-run.js";

/** Each round lets one of the writers through at least. */
const ATTEMPTS = 100;
const WAIT = { baseDelayMs: 5, maxDelayMs: 1000 };

export interface Committed {
  readonly saved: SavedRun;
  /** What it took the place of; undefined for a new run. */
  readonly replaced: SavedRun | undefined;
  /** False if the newest revision tells all of it already, and nothing was written. */
  readonly changed: boolean;
}

/**
 * Makes `given` the newest revision: refs of its blobs, the revision, then the head by compare-and-swap.
 * What others committed since `base` is merged by key. Throws `precondition-failed` naming the keys that both
 * changed, or if the run is deleted; `already-exists` for a new run whose id is taken; `not-found` for a blob that
 * is not in the store; an error whose `details.committed` is "unknown" where the store's answer was lost.
 */
export async function commitRun(
  context: RunContext,
  session: WriteSession,
  given: RunFacts,
  base: SavedRun | undefined,
  { signal }: CallOptions = {},
): Promise<Committed> {
  const ours = checkedFacts(given);
  let current = base;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (current !== undefined) refuseDeleted(context, current);
    const facts = current === base ? ours : merged(context, base, ours, current);
    if (current === undefined || !sameFacts(facts, current.manifest)) {
      const saved = await tryCommit(context, session, facts, current, signal);
      if (saved !== undefined) return { saved, replaced: current, changed: true };
      if (base === undefined) throw taken(context, ours.runId);
    } else if (current !== base) {
      return { saved: current, replaced: current, changed: false };
    }
    const newest = await readSaved(context.store, ours.runId, { signal });
    if (newest === undefined) throw gone(context, ours.runId);
    if (newest.head.etag === current?.head.etag) {
      return { saved: newest, replaced: current, changed: false };
    }
    current = newest;
    await context.clock.sleep(fullJitter(WAIT, attempt, Math.random), signal);
  }
  throw new LodeError({
    code: "precondition-failed",
    retry: "exhausted",
    message: `run ${JSON.stringify(ours.runId)} was changed by others at each of ${ATTEMPTS} attempts to save it`,
    uri: context.store.uriOf(headKey(ours.runId)),
  });
}

/** Undefined if another has committed since `current`. */
async function tryCommit(
  { store, clock }: RunContext,
  session: WriteSession,
  facts: RunFacts,
  current: SavedRun | undefined,
  signal: AbortSignal | undefined,
): Promise<SavedRun | undefined> {
  await keepBlobs(session, facts, current?.manifest, { signal });
  const manifest: RunManifest = {
    ...facts,
    schemaVersion: Math.max(SCHEMA_VERSION, current?.manifest.schemaVersion ?? 0),
    revision: (current?.manifest.revision ?? 0) + 1,
    previous: current?.head.head.manifestSha256 ?? null,
    savedAt: formatTime(clock.now()),
  };
  const { sha256 } = await putRevision(store, manifest, { signal });
  await session.confirm({ signal });
  const head = await swapHead(
    store,
    current?.head,
    {
      runId: facts.runId,
      revision: manifest.revision,
      manifestSha256: sha256,
      deletedAt: null,
      purging: false,
    },
    { signal },
  );
  if (head === undefined) return undefined;
  await confirmAfter(session, facts.runId, signal);
  return { manifest, head };
}

/** A lease that ran out during the commit: what the run needs is looked for again. */
async function confirmAfter(
  session: WriteSession,
  runId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await session.confirm({ signal });
  } catch (error) {
    const own = toLodeError(error, "save");
    throw own.with({
      message: `run ${JSON.stringify(runId)} is saved, but its data could not be confirmed (${own.message}): verify the store`,
      details: { committed: true },
    });
  }
}

function merged(
  { store }: RunContext,
  base: SavedRun | undefined,
  ours: RunFacts,
  current: SavedRun | undefined,
): RunFacts {
  if (base === undefined || current === undefined) return ours;
  const { facts, conflicts } = mergeFacts(base.manifest, ours, current.manifest);
  if (conflicts.length === 0) return facts;
  const { revision, runId } = current.manifest;
  throw new LodeError({
    code: "precondition-failed",
    message: `run ${JSON.stringify(runId)} cannot be saved: revision ${revision}, which another committed, gives other values to ${conflicts.join(", ")}; load the run again and decide`,
    uri: store.uriOf(headKey(runId)),
    details: { conflicts, revision },
  });
}

function refuseDeleted({ store }: RunContext, { head }: SavedRun): void {
  if (head.head.deletedAt === null) return;
  throw new LodeError({
    code: "precondition-failed",
    message: `run ${JSON.stringify(head.head.runId)} was deleted at ${head.head.deletedAt}; restore it before it is saved`,
    uri: store.uriOf(headKey(head.head.runId)),
  });
}

function taken({ store }: RunContext, runId: string): LodeError {
  return new LodeError({
    code: "already-exists",
    message: `there is a run ${JSON.stringify(runId)}; load it to change it, or give another id`,
    uri: store.uriOf(headKey(runId)),
  });
}

function gone({ store }: RunContext, runId: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `run ${JSON.stringify(runId)} has been removed for good by another; create it anew`,
    uri: store.uriOf(headKey(runId)),
  });
}
