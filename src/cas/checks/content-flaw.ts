import { isLodeError } from "../../errors.js";
import type { BlobFacts } from "../blob.js";
import { type BlobContent, verifiedPieces } from "../blobs/index.js";
import type { CheckContext } from "./check-context.js";
import { flawOf } from "./check-packs.js";

/** Memory for a stream of a whole object, and for the chunks that are read ahead. */
const WHOLE_MEMORY = 8 * 1024 * 1024;
const CHUNKED_MEMORY = 64 * 1024 * 1024;
/** It may have been damaged on its way. */
const ATTEMPTS = 2;

/** Where a blob is not what its id says. */
export interface ContentFlaw {
  readonly key: string;
  readonly pack?: string | undefined;
  readonly offset: number;
  readonly reason: string;
}

/** Reads all of a blob and compares its SHA-256 with its id; undefined if it is right, or deleted meanwhile. */
export async function contentFlaw(
  check: CheckContext,
  facts: BlobFacts,
  content: BlobContent,
  signal: AbortSignal,
): Promise<ContentFlaw | undefined> {
  const most = facts.layout === "whole" ? WHOLE_MEMORY : CHUNKED_MEMORY;
  const memory = Math.max(1, Math.min(facts.size, most));
  return check.within(memory, signal, async () => {
    for (let attempt = 1; ; attempt++) {
      const flaw = await readOnce(check, facts, content, signal);
      if (flaw !== undefined && attempt < ATTEMPTS) continue;
      check.readBlobs++;
      return flaw;
    }
  });
}

async function readOnce(
  check: CheckContext,
  facts: BlobFacts,
  content: BlobContent,
  signal: AbortSignal,
): Promise<ContentFlaw | undefined> {
  const options = { verify: facts.layout === "chunked", signal };
  const pieces = content.pieces(0, facts.size, options);
  try {
    for await (const piece of verifiedPieces(check.store, facts, pieces)) {
      check.readBytes += piece.length;
    }
    return undefined;
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    if (!isLodeError(error, "integrity")) throw error;
    const { key = facts.key, pack } = error.details as { key?: string; pack?: string };
    return { key, pack, ...flawOf(error.details, error.message) };
  }
}
