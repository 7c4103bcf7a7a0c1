import { LodeError } from "../../errors.js";
import type { CommandContext, CommandSpec, OptionSpec } from "../command.js";
import { DRY_RUN, LITERAL, PATTERN, RECURSIVE, REGEX } from "../option-parsers.js";

export interface DeleteCommandOptions {
  readonly recursive?: boolean;
  readonly pattern?: string;
  readonly regex?: boolean;
  readonly literal?: boolean;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly filesFrom?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export const DELETE_OPTIONS: readonly OptionSpec[] = [
  RECURSIVE,
  PATTERN,
  REGEX,
  LITERAL,
  {
    flags: "--include <glob>",
    description: "only keys below the folder that match",
    repeatable: true,
  },
  {
    flags: "--exclude <glob>",
    description: "no keys below the folder that match",
    repeatable: true,
  },
  {
    flags: "--files-from <file>",
    description: "delete the keys that a file lists (- for standard input), relative to the folder",
  },
  { flags: "-f, --force", description: "what is missing is no error" },
  DRY_RUN,
];

export const DELETE_DESCRIPTION =
  "An exact name deletes that object and no other. More than one needs -r (a folder and all that\n" +
  "is in it) or a pattern; how many were deleted is told on standard error.";

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri...>", description: "objects, folders (-r) or patterns" }],
  options: DELETE_OPTIONS,
  description: DELETE_DESCRIPTION,
  examples: [
    ["lode rm s3://bucket/a", "one object"],
    ["lode rm -r --dry-run s3://bucket/old/", "see what would be deleted"],
    ["lode rm -r s3://bucket/old/", "a folder"],
    ["lode rm 's3://bucket/data/*.tmp'", "a pattern"],
    ["lode rm --files-from keys.txt s3://bucket/", "a list of keys"],
  ],
  changes: true,
  run: runDelete,
};

export async function runDelete(
  context: CommandContext,
  [given]: readonly unknown[],
  options: DeleteCommandOptions,
): Promise<void> {
  const { readLines } = await import("../../app/operations/index.js");
  const { deleteSelected } = await import("../../app/transfers/index.js");
  const { runTransfer } = await import("./run-transfer.js");
  const texts = given as readonly string[];
  const { filesFrom } = options;
  if (filesFrom !== undefined && texts.length > 1) {
    throw new LodeError({
      code: "invalid-argument",
      message: "a list of keys needs one place: the folder that they are relative to",
    });
  }
  const keys =
    filesFrom === undefined ? undefined : readLines(context.app, filesFrom, context.stdin);
  await runTransfer(context, "delete", deleteSelected(context.app, texts, { ...options, keys }));
}
