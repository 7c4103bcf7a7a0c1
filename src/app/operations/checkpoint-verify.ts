import type { Checkpoint, CheckpointStore, VerifiedCheckpoint } from "../../checkpoints/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { type CheckpointChoice, chosenCheckpoint, openCheckpoints } from "./checkpoint-place.js";

export interface VerifyCheckpointsOptions extends CheckpointChoice {
  /** Every checkpoint of the place, in place of one. */
  readonly all?: boolean | undefined;
  /** Sizes only. */
  readonly quick?: boolean | undefined;
  readonly onProgress?: ((name: string, bytes: number, totalBytes: number) => void) | undefined;
}

/** What was found in one checkpoint, or why its manifest cannot be read. */
export type CheckpointVerdict =
  | { readonly name: string; readonly result: VerifiedCheckpoint; readonly error?: undefined }
  | { readonly name: string; readonly result?: undefined; readonly error: LodeError };

/** Checks one checkpoint or all, one after the other, the newest last. */
export async function* verifyCheckpoints(
  app: AppContext,
  text: string,
  options: VerifyCheckpointsOptions,
): AsyncGenerator<CheckpointVerdict, void, undefined> {
  const checkpoints = await openCheckpoints(app, text);
  if (options.all !== true) {
    const checkpoint = await chosenCheckpoint(app, checkpoints, options);
    yield await verdict(app, checkpoints, checkpoint, options);
    return;
  }
  const { nameText } = await import("../../checkpoints/index.js");
  for (const { name } of await checkpoints.list({ signal: app.signal })) {
    let checkpoint: Checkpoint;
    try {
      checkpoint = await checkpoints.load(name, { signal: app.signal });
    } catch (error) {
      // Deleted since it was listed.
      if (isLodeError(error, "not-found")) continue;
      if (!isLodeError(error, "corrupt-format", "integrity", "unsupported")) throw error;
      yield { name: nameText(name), error };
      continue;
    }
    yield await verdict(app, checkpoints, checkpoint, options);
  }
}

async function verdict(
  app: AppContext,
  checkpoints: CheckpointStore,
  checkpoint: Checkpoint,
  { quick, onProgress }: VerifyCheckpointsOptions,
): Promise<CheckpointVerdict> {
  const name = checkpoint.toString();
  const result = await checkpoints.verify(checkpoint.name, {
    quick,
    signal: app.signal,
    onProgress: (bytes, totalBytes) => onProgress?.(name, bytes, totalBytes),
  });
  return { name, result };
}
