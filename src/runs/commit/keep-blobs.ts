import type { BlobId, WriteSession } from "../../cas/index.js";
import { sideBySide } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import type { RunFacts } from "../manifest/index.js";

/** The kind of the refs by which runs keep blobs. */
export const RUN_REFS = "runs";

const AT_A_TIME = 16;

/** A blob that a run needs, and what for, as `inputs.training`. */
interface Need {
  readonly blob: BlobId;
  readonly what: string;
  /** In bytes; undefined where it is not told. */
  readonly size: number | undefined;
}

/**
 * Keeps the blobs of a run alive, but for those of `before`, of which that has been done. Throws
 * `not-found` for one that is not in the store, `invalid-argument` for one of another size.
 */
export async function keepBlobs(
  session: WriteSession,
  run: RunFacts,
  before: RunFacts | undefined,
  { signal }: CallOptions,
): Promise<void> {
  const kept = new Set(before === undefined ? [] : needsOf(before).map(({ blob }) => blob));
  const needs = needsOf(run).filter(({ blob }) => !kept.has(blob));
  await sideBySide(needs, AT_A_TIME, signal, async (need, inner) => {
    await hold(session, run.runId, need, inner);
    await session.addRef({ blob: need.blob, kind: RUN_REFS, owner: run.runId }, { signal: inner });
  });
}

/** The blobs that a revision needs. */
export function blobsOf(run: RunFacts): BlobId[] {
  return [...new Set(needsOf(run).map(({ blob }) => blob))];
}

function needsOf(run: RunFacts): Need[] {
  const needs = (["inputs", "outputs"] as const).flatMap((role) =>
    Object.entries(run[role]).map(([name, { hash, size }]) => ({
      blob: hash,
      what: `${role}.${name}`,
      size,
    })),
  );
  const model = run.model?.blob;
  return model === undefined ? needs : [...needs, { blob: model, what: "model", size: undefined }];
}

async function hold(
  session: WriteSession,
  runId: string,
  { blob, what, size }: Need,
  signal: AbortSignal,
): Promise<void> {
  const where = `${what} of run ${JSON.stringify(runId)}`;
  try {
    const facts = await session.hold(blob, { signal });
    if (size === undefined || facts.size === size) return;
    throw new LodeError({
      code: "invalid-argument",
      message: `${where} says ${size} bytes of blob ${blob}, which has ${facts.size}; take the reference as storing it gave it`,
    });
  } catch (error) {
    if (!isLodeError(error, "not-found")) throw error;
    throw error.with({
      message: `${where} is not in the store: there is no blob ${blob}; store it first`,
    });
  }
}
