import type { CopyChoices } from "../../app/transfers/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, OptionSpec } from "../command.js";
import { byteSize, DRY_RUN, LITERAL, RECURSIVE, REGEX, wholeNumber } from "../option-parsers.js";

/** What the options of `cp` and its kin are parsed to. */
export interface CopyOptions {
  readonly recursive?: boolean;
  readonly jobs?: number;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly regex?: boolean;
  readonly literal?: boolean;
  readonly pattern?: string;
  readonly filesFrom?: string;
  readonly clobber?: boolean;
  readonly ifAbsent?: boolean;
  readonly verify?: boolean;
  readonly resume?: boolean;
  readonly partSize?: number;
  readonly contentType?: string;
  readonly storageClass?: string;
  readonly metadata?: readonly (readonly [string, string])[];
  readonly dryRun?: boolean;
}

/** What becomes of objects in parts when a run ends early; part of the help. */
export const RESUMING =
  "After a kill -9, a crash or a lost connection the same command goes on with large objects where\n" +
  "it stopped. Ctrl-C (SIGINT) and SIGTERM abort what is under way on purpose: nothing of it is\n" +
  "left, and it begins anew.";

export const FILTERS: readonly OptionSpec[] = [
  {
    flags: "--include <glob>",
    description: "only keys below the source that match",
    repeatable: true,
  },
  {
    flags: "--exclude <glob>",
    description: "no keys below the source that match",
    repeatable: true,
  },
];

/** How the copies are written, the same wherever objects are copied. */
export const WRITING: readonly OptionSpec[] = [
  { flags: "--verify", description: "read every copy back and compare" },
  { flags: "--no-resume", description: "begin anew where an earlier run was killed or cut off" },
  {
    flags: "--part-size <size>",
    description: "size of the parts of large objects",
    parse: byteSize,
  },
  { flags: "--content-type <type>", description: "set on the copies" },
  { flags: "--storage-class <class>", description: "S3 storage class or Azure access tier" },
  {
    flags: "--metadata <name=value>",
    description: "set on the copies",
    repeatable: true,
    parse: nameAndValue,
  },
  DRY_RUN,
];

export const COPY_JOBS: OptionSpec = {
  flags: "-j, --jobs <n>",
  description: "objects at a time (default: transfer.concurrency)",
  parse: wholeNumber("-j", 1, 4096),
};

export const COPY_OPTIONS: readonly OptionSpec[] = [
  RECURSIVE,
  COPY_JOBS,
  ...FILTERS,
  REGEX,
  LITERAL,
  {
    flags: "--files-from <file>",
    description: "copy the keys that a file lists (- for standard input), relative to the source",
  },
  { flags: "--no-clobber", description: "leave targets that exist as they are" },
  { flags: "--if-absent", description: "fail where a target exists" },
  ...WRITING,
];

/** The operation's choices for the parsed options. */
export async function copyChoices(
  context: CommandContext,
  options: CopyOptions,
): Promise<CopyChoices> {
  const { readLines } = await import("../../app/operations/index.js");
  const { filesFrom } = options;
  return {
    recursive: options.recursive,
    concurrency: options.jobs,
    include: options.include,
    exclude: options.exclude,
    regex: options.regex,
    literal: options.literal,
    pattern: options.pattern,
    skipExisting: options.clobber === false,
    ifAbsent: options.ifAbsent,
    verify: options.verify,
    resume: options.resume,
    partSize: options.partSize,
    contentType: options.contentType,
    storageClass: options.storageClass,
    metadata: options.metadata === undefined ? undefined : Object.fromEntries(options.metadata),
    dryRun: options.dryRun,
    keys: filesFrom === undefined ? undefined : readLines(context.app, filesFrom, context.stdin),
  };
}

/** The last argument apart from those before it. Throws `invalid-argument` for fewer than two. */
export function sourcesAndTarget(given: unknown): { sources: string[]; target: string } {
  const sources = [...(given as readonly string[])];
  if (sources.includes("-")) {
    throw new LodeError({
      code: "invalid-argument",
      message:
        "lode pipe writes standard input, lode cat reads to standard output; a file named - is ./-",
    });
  }
  const target = sources.pop();
  if (target !== undefined && sources.length > 0) return { sources, target };
  throw new LodeError({
    code: "invalid-argument",
    message: "a source and a target are needed; the target comes last",
  });
}

function nameAndValue(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new LodeError({
    code: "invalid-argument",
    message: `--metadata ${JSON.stringify(text)} is not name=value`,
  });
}
