import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { jobsOption, LITERAL, PATTERN, RECURSIVE, REGEX } from "../option-parsers.js";
import {
  type CopyOptions,
  copyChoices,
  FILTERS,
  RESUMING,
  sourcesAndTarget,
  WRITING,
} from "./copy-options.js";

export const command: CommandSpec = {
  arguments: [
    { syntax: "<uri...>", description: "objects, folders or patterns" },
    { syntax: "<folder>", description: "the local folder to download into" },
  ],
  options: [
    jobsOption(64),
    RECURSIVE,
    PATTERN,
    ...FILTERS,
    REGEX,
    LITERAL,
    { flags: "--no-clobber", description: "leave files that exist as they are" },
    ...WRITING,
  ],
  description:
    "Without -r a folder stands for the objects directly in it. Downloads keep the tree's shape,\n" +
    "appear whole or not at all, and never leave the local folder, whatever their keys are.\n\n" +
    RESUMING,
  examples: [
    ["lode download s3://bucket/a.npz ./out", "one object"],
    ["lode download -r s3://bucket/data/ ./out", "all below a folder"],
    ["lode download 's3://bucket/data/*.csv' ./out", "by pattern"],
  ],
  changes: true,
  async run(context, [given], options: CopyOptions) {
    const { copyObjects } = await import("../../app/transfers/index.js");
    const { locationOf } = await import("../../app/index.js");
    const { runTransfer } = await import("./run-transfer.js");
    const { sources, target } = sourcesAndTarget(given);
    const { scheme } = locationOf(target, context.config.cwd).uri;
    if (scheme !== "file" && scheme !== "direct") {
      throw new LodeError({
        code: "invalid-argument",
        message: `${target} is no local folder; lode cp copies to any store`,
      });
    }
    const choices = { ...(await copyChoices(context, options)), oneLevel: true, intoFolder: true };
    await runTransfer(context, "download", copyObjects(context.app, sources, target, choices));
  },
};
