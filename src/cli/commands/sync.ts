import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import {
  COPY_JOBS,
  type CopyOptions,
  copyChoices,
  FILTERS,
  RESUMING,
  WRITING,
} from "./copy-options.js";

const COMPARISONS = ["auto", "size", "checksum", "exists"] as const;

interface SyncOptions extends CopyOptions {
  readonly delete?: boolean;
  readonly compare?: (typeof COMPARISONS)[number];
}

export const command: CommandSpec = {
  arguments: [
    { syntax: "<source>", description: "a folder" },
    { syntax: "<target>", description: "the folder that shall be like it" },
  ],
  options: [
    { flags: "--delete", description: "delete from the target what the source has not" },
    {
      flags: "--compare <how>",
      description: `when an object counts as changed: ${COMPARISONS.join(", ")}`,
      parse: comparison,
      default: "auto",
    },
    COPY_JOBS,
    ...FILTERS,
    ...WRITING,
  ],
  description:
    "Copies what is new or has changed. auto compares sizes, then checksums where both stores list\n" +
    "them, else times; checksum reads where a store keeps none; exists copies only what is missing.\n" +
    "--delete works after all copies, and not if one of them failed or the source is empty.\n\n" +
    RESUMING,
  examples: [
    ["lode sync ./data s3://bucket/data", "upload what has changed"],
    ["lode sync --delete --dry-run s3://bucket/data ./data", "see what a mirror would change"],
    ["lode sync --exclude '**/*.tmp' ./run s3://bucket/run", "leave something out"],
  ],
  changes: true,
  async run(context, [source, target], options: SyncOptions) {
    const { syncFolders } = await import("../../app/transfers/index.js");
    const { runTransfer } = await import("./run-transfer.js");
    const { warnIfVolatile } = await import("./warn-volatile.js");
    if (options.dryRun !== true) await warnIfVolatile(context, target as string);
    const choices = {
      ...(await copyChoices(context, options)),
      delete: options.delete,
      compare: options.compare,
    };
    const events = syncFolders(context.app, source as string, target as string, choices);
    await runTransfer(context, "sync", events);
  },
};

function comparison(text: string): string {
  if (COMPARISONS.some((one) => one === text)) return text;
  throw new LodeError({
    code: "invalid-argument",
    message: `--compare ${text} is none of ${COMPARISONS.join(", ")}`,
  });
}
