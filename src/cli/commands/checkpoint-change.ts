import type { PrunedItem, RemovalFailure } from "../../checkpoints/index.js";
import { errorToJson, LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";
import { countText, formatSize, jsonLine, plural, storedBytes } from "../render/index.js";
import { type CheckpointOptions, choiceOf } from "./checkpoint-options.js";

export async function remove(
  context: CommandContext,
  uri: string,
  options: CheckpointOptions,
): Promise<void> {
  const { deleteCheckpoint } = await import("../../app/operations/index.js");
  const { app, json, notices, out } = context;
  const { force, dryRun = false } = options;
  const { checkpoint, deleted } = await deleteCheckpoint(app, uri, {
    ...choiceOf(options),
    force,
    dryRun,
  });
  const name = checkpoint.toString();
  const { shards } = checkpoint.manifest;
  const bytes = deleted?.bytes ?? storedBytes(checkpoint.manifest);
  const count = deleted?.shards ?? shards.length;
  if (json) {
    const { tags = [], foreign = [] } = deleted ?? {};
    out.line(
      jsonLine({ type: "deleted", checkpoint: name, dryRun, shards: count, bytes, tags, foreign }),
    );
  }
  const what = `${name}, ${plural(count, "shard")}, ${formatSize(bytes, true)}`;
  if (deleted === undefined) {
    if (!json) out.line(`would delete ${what}`);
    return;
  }
  notices.line(`deleted ${what}`);
  for (const key of deleted.foreign) {
    notices.warn(`${key} lies in the folder of another checkpoint, and was left there`);
  }
  tellFailures(context, deleted.failures);
}

/** A dry run tells as data what stays and what would go; else each deletion is told with `-v`. */
export async function prune(
  context: CommandContext,
  uri: string,
  { keepLast, keepEvery, keepBest, orphanAge, dryRun = false }: CheckpointOptions,
): Promise<void> {
  const { pruneCheckpoints } = await import("../../app/operations/index.js");
  const { app, json, notices, out } = context;
  let done = 0;
  const { plan, removed, bytes, failures } = await pruneCheckpoints(app, uri, {
    keepLast,
    keepEvery,
    keepBest,
    orphanAge,
    dryRun,
    onRemoved(item) {
      notices.status(`prune  ${++done} deleted`);
      if (json) out.line(jsonLine({ ...itemJson(item), action: "deleted" }));
      else notices.info(`deleted ${itemText(item)}`);
    },
  });
  notices.clearStatus();
  const { nameText } = await import("../../checkpoints/index.js");
  const meant = plan.checkpoints.filter(({ keptBy }) => keptBy.length === 0);
  for (const checkpoint of plan.checkpoints) {
    const { keptBy } = checkpoint;
    const item: PrunedItem = { type: "checkpoint", checkpoint };
    const action = keptBy.length > 0 ? "kept" : "planned";
    if (json && (dryRun || action === "kept")) out.line(jsonLine({ ...itemJson(item), action }));
    else if (dryRun && action === "planned") out.line(`would delete ${itemText(item)}`);
    else if (dryRun) out.line(`would keep ${nameText(checkpoint.name)}: ${keptBy.join(", ")}`);
  }
  for (const leftover of dryRun ? plan.leftovers : []) {
    const item: PrunedItem = { type: "leftover", leftover };
    out.line(
      json ? jsonLine({ ...itemJson(item), action: "planned" }) : `would delete ${itemText(item)}`,
    );
  }
  for (const { key, error } of plan.unreadable) {
    if (json) out.line(jsonLine({ type: "unreadable", key, error: errorToJson(error) }));
    notices.warn(`${error.message}: it stays, and so does what it may name`);
  }
  const checkpoints = dryRun ? meant.length : removed.filter(isCheckpoint).length;
  const leftovers = dryRun ? plan.leftovers.length : removed.length - checkpoints;
  const size = dryRun ? sizeOf(meant) + sizeOf(plan.leftovers) : bytes;
  const kept = plan.checkpoints.length - checkpoints;
  const young = plan.young.length;
  if (json) {
    const counts = { checkpoints, leftovers, bytes: size, kept, young, failed: failures.length };
    out.line(jsonLine({ type: "prune-summary", dryRun, ...counts }));
  }
  const deletes = `${dryRun ? "would delete" : "deleted"} ${countText(checkpoints, leftovers)}`;
  const stays = `${plural(kept, "checkpoint")} ${kept === 1 ? "stays" : "stay"}`;
  notices.line(
    `${deletes} (${formatSize(size, true)}); ${stays}${young === 0 ? "" : `, and ${plural(young, "object")} of saves that may be under way`}`,
  );
  tellFailures(context, failures);
}

export async function tag(
  { app, json, notices, out }: CommandContext,
  uri: string,
  { step, name, force, dryRun }: CheckpointOptions,
  given: string,
): Promise<void> {
  const { showCheckpoint, tagCheckpoint } = await import("../../app/operations/index.js");
  if (dryRun === true) {
    const shown = await showCheckpoint(app, uri, { step, name });
    notices.line(`would give ${shown.name} the tag ${given}`);
    return;
  }
  const tagged = await tagCheckpoint(app, uri, given, { step, name, move: force });
  if (json) out.line(jsonLine({ type: "tag", tag: given, checkpoint: tagged }));
  else notices.line(`${tagged} has the tag ${given}`);
}

export async function untag(
  { app, json, notices, out }: CommandContext,
  uri: string,
  { dryRun }: CheckpointOptions,
  given: string,
): Promise<void> {
  const { untagCheckpoint } = await import("../../app/operations/index.js");
  if (dryRun === true) {
    notices.line(`would take the tag ${given} away`);
    return;
  }
  await untagCheckpoint(app, uri, given);
  if (json) out.line(jsonLine({ type: "tag", tag: given, checkpoint: null }));
  else notices.line(`the tag ${given} is gone`);
}

export async function repair(
  { app, json, notices, out }: CommandContext,
  uri: string,
  { dryRun = false }: CheckpointOptions,
): Promise<void> {
  const { repairCheckpoints } = await import("../../app/operations/index.js");
  const { problem, name, unreadable } = await repairCheckpoints(app, uri, { dryRun });
  const { nameText } = await import("../../checkpoints/index.js");
  for (const { error } of unreadable) notices.warn(`${error.message}: passed over`);
  const checkpoint = name === undefined ? null : nameText(name);
  if (json) {
    const keys = unreadable.map(({ key }) => key);
    out.line(
      jsonLine({
        type: "repaired",
        dryRun,
        problem: problem ?? null,
        checkpoint,
        unreadable: keys,
      }),
    );
    return;
  }
  const place = checkpoint ?? "nothing, since there is no checkpoint";
  if (problem === undefined) notices.line(`latest.json is sound: it points to ${place}`);
  else {
    notices.line(`latest.json was ${problem}: it ${dryRun ? "would point" : "points"} to ${place}`);
  }
}

/** Throws `partial-failure` if there are any. */
function tellFailures({ notices }: CommandContext, failures: readonly RemovalFailure[]): void {
  if (failures.length === 0) return;
  for (const { key, error } of failures) {
    notices.line(`lode: ${key}: ${error.message} [${error.code}]`);
  }
  throw new LodeError({
    code: "partial-failure",
    message: `${plural(failures.length, "object")} could not be deleted; lode checkpoint prune tries again`,
    details: {
      failures: failures.map(({ key, error: { code, message } }) => ({ key, code, message })),
    },
  });
}

function isCheckpoint(item: PrunedItem): boolean {
  return item.type === "checkpoint";
}

function sizeOf(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function itemText(item: PrunedItem): string {
  if (item.type === "checkpoint") {
    const { name, bytes } = item.checkpoint;
    return `ckpt-${name.step}-${name.id} (${formatSize(bytes, true)})`;
  }
  const { kind, key, bytes } = item.leftover;
  return kind === "upload"
    ? `unfinished upload ${key}`
    : `leftover ${key} (${formatSize(bytes, true)})`;
}

function itemJson(item: PrunedItem): Record<string, unknown> {
  if (item.type === "checkpoint") {
    const { name, bytes, keptBy } = item.checkpoint;
    return {
      type: "checkpoint",
      name: `ckpt-${name.step}-${name.id}`,
      step: name.step,
      bytes,
      keptBy,
    };
  }
  const { kind, key, bytes, changedAt, uploadId } = item.leftover;
  return { type: "leftover", kind, key, bytes, changedAt: changedAt.toISOString(), uploadId };
}
