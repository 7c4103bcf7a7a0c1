import type { BlobFacts, BlobId, WriteSession } from "../../cas/index.js";
import { isLodeError } from "../../errors.js";

/** Relies on a blob; undefined if it is not there, or not any more. */
export async function holdIfThere(
  session: WriteSession,
  id: BlobId,
  signal: AbortSignal | undefined,
): Promise<BlobFacts | undefined> {
  try {
    return await session.hold(id, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}
