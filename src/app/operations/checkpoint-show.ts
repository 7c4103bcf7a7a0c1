import type { CheckpointManifest } from "../../checkpoints/index.js";
import type { AppContext } from "../app-context.js";
import { type CheckpointChoice, chosenCheckpoint, openCheckpoints } from "./checkpoint-place.js";

export interface ShownCheckpoint {
  /** `ckpt-{step}-{id}`. */
  readonly name: string;
  readonly id: string;
  readonly manifest: CheckpointManifest;
}

/** The manifest of one checkpoint, the latest by default. */
export async function showCheckpoint(
  app: AppContext,
  text: string,
  choice: CheckpointChoice,
): Promise<ShownCheckpoint> {
  const checkpoint = await chosenCheckpoint(app, await openCheckpoints(app, text), choice);
  const { name, manifest } = checkpoint;
  return { name: checkpoint.toString(), id: name.id, manifest };
}
