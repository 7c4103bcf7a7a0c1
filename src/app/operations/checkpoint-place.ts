import type { Checkpoint, CheckpointStore } from "../../checkpoints/index.js";
import { LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt } from "./resolve-target.js";

/** Which checkpoint is meant; the latest if nothing is given. */
export interface CheckpointChoice {
  /** The newest of this step. */
  readonly step?: number | undefined;
  /** `ckpt-{step}-{id}`. */
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
}

/** The checkpoints below a place as a user names it. The pool of stores closes them. */
export async function openCheckpoints(app: AppContext, text: string): Promise<CheckpointStore> {
  const { CheckpointStore: Opened } = await import("../../checkpoints/index.js");
  const { store, folder } = await folderAt(app, locationOf(text, app.config.cwd));
  return new Opened(store.sub(folder), { onWarning: app.onWarning });
}

/** Throws `not-found`, `invalid-argument` for two choices at once, and what `load` throws. */
export async function chosenCheckpoint(
  app: AppContext,
  checkpoints: CheckpointStore,
  choice: CheckpointChoice,
): Promise<Checkpoint> {
  const { step, name, tag } = choice;
  const { signal } = app;
  if ([step, name, tag].filter((one) => one !== undefined).length > 1) {
    throw new LodeError({
      code: "invalid-argument",
      message: "a checkpoint is chosen by its step, its name or a tag: give one of them",
    });
  }
  if (tag !== undefined) {
    const tagged = (await checkpoints.tags({ signal })).get(tag);
    if (tagged === undefined) throw missing(checkpoints, `tag ${tag}`);
    return checkpoints.load(tagged, { signal });
  }
  const which = step ?? name;
  if (which !== undefined) return checkpoints.load(which, { signal });
  const latest = await checkpoints.loadLatest({ signal });
  if (latest === undefined) throw missing(checkpoints, "checkpoint");
  return latest;
}

function missing({ uri }: CheckpointStore, what: string): LodeError {
  return new LodeError({ code: "not-found", message: `${uri} has no ${what}`, uri });
}
