import type {
  Checkpoint,
  DeletedCheckpoint,
  PruneOptions,
  PruneResult,
  RepairResult,
} from "../../checkpoints/index.js";
import { LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { type CheckpointChoice, chosenCheckpoint, openCheckpoints } from "./checkpoint-place.js";

export interface DeleteCheckpointChoice extends CheckpointChoice {
  /** Delete what tags protect too. */
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface DeletedChoice {
  readonly checkpoint: Checkpoint;
  /** Undefined in a dry run. */
  readonly deleted: DeletedCheckpoint | undefined;
}

/** Deletes one checkpoint, which must be chosen: the latest is not taken by default. */
export async function deleteCheckpoint(
  app: AppContext,
  text: string,
  choice: DeleteCheckpointChoice,
): Promise<DeletedChoice> {
  const { step, name, tag, force, dryRun } = choice;
  if (step === undefined && name === undefined && tag === undefined) {
    throw new LodeError({
      code: "invalid-argument",
      message: "say which checkpoint is to be deleted: by its step, its name or a tag",
    });
  }
  const checkpoints = await openCheckpoints(app, text);
  const checkpoint = await chosenCheckpoint(app, checkpoints, choice);
  if (dryRun === true) return { checkpoint, deleted: undefined };
  const { signal } = app;
  return {
    checkpoint,
    deleted: await checkpoints.delete(checkpoint.name, { force, signal }),
  };
}

/** Deletes what no rule keeps, and what is left over. */
export async function pruneCheckpoints(
  app: AppContext,
  text: string,
  options: Omit<PruneOptions, "signal">,
): Promise<PruneResult> {
  const checkpoints = await openCheckpoints(app, text);
  return checkpoints.prune({ ...options, signal: app.signal });
}

/** Gives a checkpoint a tag; the name of the checkpoint is returned. */
export async function tagCheckpoint(
  app: AppContext,
  text: string,
  tag: string,
  choice: Omit<CheckpointChoice, "tag"> & { readonly move?: boolean | undefined },
): Promise<string> {
  const checkpoints = await openCheckpoints(app, text);
  const { step, name, move } = choice;
  const checkpoint = await chosenCheckpoint(app, checkpoints, { step, name });
  await checkpoints.tag(tag, checkpoint.name, { move, signal: app.signal });
  return checkpoint.toString();
}

/** Throws `not-found` if there is no such tag. */
export async function untagCheckpoint(app: AppContext, text: string, tag: string): Promise<void> {
  const checkpoints = await openCheckpoints(app, text);
  if (await checkpoints.untag(tag, { signal: app.signal })) return;
  const { uri } = checkpoints;
  throw new LodeError({ code: "not-found", message: `${uri} has no tag ${tag}`, uri });
}

/** Mends `latest.json`. */
export async function repairCheckpoints(
  app: AppContext,
  text: string,
  options: { readonly dryRun?: boolean | undefined },
): Promise<RepairResult> {
  const checkpoints = await openCheckpoints(app, text);
  return checkpoints.repair({ ...options, signal: app.signal });
}
