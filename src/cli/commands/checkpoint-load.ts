import type { LoadProgress } from "../../app/operations/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";
import { formatSize, jsonLine, plural, showProgress } from "../render/index.js";
import { type CheckpointOptions, choiceOf } from "./checkpoint-options.js";

export async function load(
  context: CommandContext,
  uri: string,
  options: CheckpointOptions,
): Promise<void> {
  const { app, json, notices, out } = context;
  const { output, rank, tensors, replace } = options;
  if (output === undefined) {
    throw invalid("say where to: -o FOLDER, or with --rank -o FILE (- for standard output)");
  }
  if (replace === true && rank === undefined) {
    throw invalid("folders are not replaced: leave --replace out, or name one shard by --rank");
  }
  const began = performance.now();
  const given = {
    ...choiceOf(options),
    rank,
    tensors,
    onProgress({ bytes, totalBytes, shards }: LoadProgress) {
      const bytesPerSecond = bytes / Math.max((performance.now() - began) / 1000, 1e-6);
      const counts = { objects: shards, failed: 0, noun: "shards" };
      showProgress(notices, "load", { bytes, totalBytes, bytesPerSecond, ...counts });
    },
  };
  const operations = await import("../../app/operations/index.js");
  if (output === "-") {
    if (json) throw invalid("standard output cannot have the shard and --json too");
    for await (const chunk of operations.readCheckpointShard(app, uri, given)) {
      await out.bytes(chunk);
      if (out.closed.aborted) return;
    }
    return;
  }
  const loaded =
    rank === undefined
      ? await operations.loadCheckpoint(app, uri, output, given)
      : await operations.loadCheckpointShard(app, uri, output, { ...given, replace });
  notices.clearStatus();
  const { name, target, files, bytes } = loaded;
  if (json) out.line(jsonLine({ type: "loaded", checkpoint: name, target, files, bytes }));
  else notices.line(`${name}: ${plural(files, "file")}, ${formatSize(bytes, true)}, in ${target}`);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message: `lode checkpoint load: ${message}` });
}
