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
    { syntax: "<target>", description: "a folder, or the exact name of one object" },
  ],
  options: COPY_OPTIONS,
  description:
    "Like cp; each source is deleted when its copy has been checked, and only if nobody has\n" +
    `written it meanwhile. Where a store can rename, it does.\n\n${RESUMING}`,
  examples: [
    ["lode mv s3://bucket/a s3://bucket/b", "rename an object"],
    ["lode mv -r ./out/ s3://bucket/out/", "move what is in a folder to a bucket"],
    ["lode mv --dry-run -r s3://bucket/old/ s3://bucket/new/", "see what would be moved"],
  ],
  changes: true,
  async run(context, [given], options: CopyOptions) {
    const { copyObjects } = await import("../../app/transfers/index.js");
    const { runTransfer } = await import("./run-transfer.js");
    const { refuseIfVolatile } = await import("./warn-volatile.js");
    const { sources, target } = sourcesAndTarget(given);
    await refuseIfVolatile(context, target);
    const choices = { ...(await copyChoices(context, options)), move: true };
    await runTransfer(context, "move", copyObjects(context.app, sources, target, choices));
  },
};
