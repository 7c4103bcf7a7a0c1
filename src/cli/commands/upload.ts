import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { jobsOption, LITERAL } from "../option-parsers.js";
import {
  type CopyOptions,
  copyChoices,
  FILTERS,
  RESUMING,
  sourcesAndTarget,
  WRITING,
} from "./copy-options.js";

interface UploadOptions extends CopyOptions {
  readonly createBucket?: boolean;
}

export const command: CommandSpec = {
  arguments: [
    { syntax: "<files...>", description: "files, folders or globs" },
    { syntax: "<uri>", description: "the folder to upload into" },
  ],
  options: [
    jobsOption(32),
    { flags: "-c, --create-bucket", description: "create the bucket if it is not there" },
    ...FILTERS,
    LITERAL,
    ...WRITING,
  ],
  description:
    "The target is a folder, with or without a slash at its end. Files go into it under their own\n" +
    `names; folders are uploaded whole and keep their name and shape.\n\n${RESUMING}`,
  examples: [
    ["lode upload a.npz b.npz s3://bucket/data/", "two files"],
    ["lode upload -c './data/*.csv' s3://new-bucket/csv/", "a glob, into a new bucket"],
    ["lode upload ./data s3://bucket/", "a folder, to s3://bucket/data/..."],
  ],
  changes: true,
  async run(context, [given], options: UploadOptions) {
    const { createContainer } = await import("../../app/operations/index.js");
    const { copyObjects } = await import("../../app/transfers/index.js");
    const { bucketOf, locationOf } = await import("../../app/index.js");
    const { runTransfer } = await import("./run-transfer.js");
    const { warnIfVolatile } = await import("./warn-volatile.js");
    const { sources, target } = sourcesAndTarget(given);
    for (const source of sources) {
      const { scheme } = locationOf(source, context.config.cwd).uri;
      if (scheme === "file" || scheme === "direct") continue;
      throw new LodeError({
        code: "invalid-argument",
        message: `${source} is no local file; lode cp copies from any store`,
      });
    }
    if (options.dryRun !== true) await warnIfVolatile(context, target);
    if (options.createBucket === true) {
      await createContainer(context.app, bucketOf(target, context.config.cwd), options);
    }
    const choices = await copyChoices(context, { ...options, recursive: true });
    const events = copyObjects(context.app, sources, target, { ...choices, intoFolder: true });
    await runTransfer(context, "upload", events);
  },
};
