import { errorToJson, LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";
import {
  checkpointLines,
  jsonLine,
  manifestJson,
  plural,
  shardJson,
  shownLines,
  showProgress,
} from "../render/index.js";
import { type CheckpointOptions, choiceOf } from "./checkpoint-options.js";

export async function list(
  { app, json, notices, out }: CommandContext,
  uri: string,
  { long = false, human = false }: CheckpointOptions,
): Promise<void> {
  const { listCheckpoints } = await import("../../app/operations/index.js");
  const { checkpoints, unreadable } = await listCheckpoints(app, uri, { manifests: long });
  if (checkpoints.length === 0) notices.line(`${uri} has no checkpoints`);
  for (const { message } of unreadable) notices.warn(message);
  for (const { error } of checkpoints) if (error !== undefined) notices.warn(error.message);
  if (!json) {
    for (const line of checkpointLines(checkpoints, { long, human })) out.line(line);
    return;
  }
  for (const { manifest, error, savedAt, ...facts } of checkpoints) {
    out.line(
      jsonLine({
        type: "checkpoint",
        ...facts,
        savedAt: savedAt.toISOString(),
        ...(manifest === undefined ? {} : manifestJson(manifest)),
        ...(error === undefined ? {} : { error: errorToJson(error) }),
      }),
    );
  }
}

export async function show(
  { app, json, out }: CommandContext,
  uri: string,
  options: CheckpointOptions,
): Promise<void> {
  const { showCheckpoint } = await import("../../app/operations/index.js");
  const shown = await showCheckpoint(app, uri, choiceOf(options));
  if (!json) {
    for (const line of shownLines(shown, options.human === true)) out.line(line);
    return;
  }
  const { name, id, manifest } = shown;
  out.line(
    jsonLine({
      type: "checkpoint",
      name,
      step: manifest.globalStep,
      id,
      ...manifestJson(manifest),
      userMeta: manifest.userMeta,
      shards: manifest.shards.map(shardJson),
    }),
  );
}

/** Lines of damage are data; what is sound is told with `-v`. */
export async function verify(
  context: CommandContext,
  uri: string,
  options: CheckpointOptions,
): Promise<void> {
  const { verifyCheckpoints } = await import("../../app/operations/index.js");
  const { app, json, notices, out } = context;
  const { all, quick } = options;
  let began = performance.now();
  let checked = 0;
  let places = 0;
  const damaged: string[] = [];
  const verdicts = verifyCheckpoints(app, uri, {
    ...choiceOf(options),
    all,
    quick,
    onProgress(name, bytes, totalBytes) {
      const seconds = (performance.now() - began) / 1000;
      showProgress(notices, `verify ${name}`, {
        bytes,
        totalBytes,
        objects: checked,
        noun: "checkpoints",
        failed: damaged.length,
        bytesPerSecond: bytes / Math.max(seconds, 1e-6),
      });
    },
  });
  for await (const { name, result, error } of verdicts) {
    checked++;
    began = performance.now();
    if (error !== undefined) {
      damaged.push(name);
      places++;
      if (json) out.line(jsonLine({ type: "damage", checkpoint: name, error: errorToJson(error) }));
      else out.line(`${name}  manifest: ${error.message}`);
      continue;
    }
    const { damages, shards, bytes, unchecked } = result;
    if (damages.length > 0) damaged.push(name);
    places += damages.length;
    for (const damage of damages) {
      const { rank, key, offset, reason } = damage;
      if (json) out.line(jsonLine({ type: "damage", checkpoint: name, ...damage }));
      else out.line(`${name}  rank ${rank}  byte ${offset}  ${key}: ${reason}`);
    }
    if (unchecked.length > 0) {
      notices.warn(
        `${name}: ${plural(unchecked.length, "shard")} without a checksum (rank ${unchecked.slice(0, 10).join(", ")}): only the size could be checked`,
      );
    }
    const facts = { shards, bytes, damages: damages.length, unchecked };
    if (json)
      out.line(jsonLine({ type: "verified", checkpoint: name, quick: quick === true, ...facts }));
    else if (damages.length === 0) notices.info(`${name}  sound: ${plural(shards, "shard")}`);
    await out.ready();
  }
  notices.clearStatus();
  if (damaged.length > 0) {
    throw new LodeError({
      code: "integrity",
      message: `${plural(places, "damaged place")} in ${damaged.length} of ${plural(checked, "checkpoint")}: ${damaged.slice(0, 5).join(", ")}${damaged.length > 5 ? ", ..." : ""}`,
    });
  }
  const found = quick === true ? "nothing missing, all sizes right" : "no damage";
  notices.line(`${plural(checked, "checkpoint")} verified: ${found}`);
}
