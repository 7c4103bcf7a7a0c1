import type { CommandSpec } from "../command.js";
import {
  COPY_OPTIONS,
  type CopyOptions,
  copyChoices,
  RESUMING,
  sourcesAndTarget,
} from "./copy-options.js";

export const command: CommandSpec = {
  arguments: [
    { syntax: "<source...>", description: "objects, folders (-r) or patterns" },
    { syntax: "<target>", description: "a folder, or the exact name of one copy" },
  ],
  options: COPY_OPTIONS,
  description:
    "From any store to any store. A target that ends in / (or is a bucket, or a local folder that\n" +
    "exists) takes copies under their own names; another target is the copy's exact name.\n" +
    "With -r a folder keeps its name; written with a slash at its end it gives what is in it.\n" +
    `Copies appear whole or not at all, and are checked by checksum.\n\n${RESUMING}`,
  examples: [
    ["lode cp a.npz s3://bucket/data/", "upload a file"],
    ["lode cp -r ./data s3://bucket/", "upload a folder, to s3://bucket/data/..."],
    ["lode cp -r ./data/ s3://bucket/new/", "upload what is in it, to s3://bucket/new/..."],
    ["lode cp 's3://bucket/logs/*.gz' az://account/container/logs/", "from S3 to Azure by pattern"],
    ["cut -f1 index.tsv | lode cp --files-from - s3://bucket/data/ ./out/", "a list of keys"],
  ],
  changes: true,
  async run(context, [given], options: CopyOptions) {
    const { copyObjects } = await import("../../app/transfers/index.js");
    const { runTransfer } = await import("./run-transfer.js");
    const { warnIfVolatile } = await import("./warn-volatile.js");
    const { sources, target } = sourcesAndTarget(given);
    if (options.dryRun !== true) await warnIfVolatile(context, target);
    const choices = await copyChoices(context, options);
    await runTransfer(context, "copy", copyObjects(context.app, sources, target, choices));
  },
};
