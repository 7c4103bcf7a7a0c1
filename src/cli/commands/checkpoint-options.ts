import { parseDuration } from "../../app/config/index.js";
import type { CheckpointChoice } from "../../app/operations/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, OptionSpec } from "../command.js";
import { DRY_RUN, wholeNumber } from "../option-parsers.js";

export interface KeepBest {
  readonly metric: string;
  readonly mode: "min" | "max";
  readonly count: number;
}

export interface CheckpointOptions {
  readonly step?: number;
  readonly name?: string;
  readonly tag?: string;
  readonly all?: boolean;
  readonly quick?: boolean;
  readonly long?: boolean;
  readonly human?: boolean;
  readonly output?: string;
  readonly rank?: number;
  readonly tensors?: readonly string[];
  readonly replace?: boolean;
  readonly force?: boolean;
  readonly keepLast?: number;
  readonly keepEvery?: number;
  readonly keepBest?: KeepBest;
  readonly orphanAge?: number;
  readonly dryRun?: boolean;
}

export type OptionName = keyof CheckpointOptions;

/** What one action of `lode checkpoint` does, and the options that it has. */
export interface CheckpointAction {
  readonly options: readonly OptionName[];
  /** What is to stand behind the URI, as shown: `TAG`. */
  readonly operand?: string | undefined;
  readonly run: (
    context: CommandContext,
    uri: string,
    options: CheckpointOptions,
    operand: string,
  ) => Promise<void>;
}

/** The options that choose a checkpoint. */
export const CHOICE = ["step", "name", "tag"] as const;

export const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = {
  step: {
    flags: "--step <n>",
    description: "the newest checkpoint of this step",
    parse: wholeNumber("--step", 0, Number.MAX_SAFE_INTEGER),
  },
  name: { flags: "--name <name>", description: "the checkpoint of this name, as ls shows it" },
  tag: { flags: "--tag <tag>", description: "the checkpoint that has this tag" },
  all: { flags: "--all", description: "verify: every checkpoint" },
  quick: { flags: "--quick", description: "verify: only that shards are there with their sizes" },
  long: { flags: "-l, --long", description: "ls: with ranks and bytes, read from each manifest" },
  human: { flags: "-h, --human", description: "ls, show: sizes as 1.50 MiB" },
  output: {
    flags: "-o, --output <path>",
    description: "load: a new folder; with --rank a file, a URI, or - for standard output",
  },
  rank: {
    flags: "--rank <n>",
    description: "load: only the shard of this rank",
    parse: wholeNumber("--rank", 0, Number.MAX_SAFE_INTEGER),
  },
  tensors: {
    flags: "--tensors <glob>",
    description: "load: only tensors of these names, as safetensors",
    repeatable: true,
  },
  replace: { flags: "--replace", description: "load --rank: take the place of a file" },
  force: { flags: "-f, --force", description: "rm: also what has tags; tag: move the tag" },
  keepLast: {
    flags: "--keep-last <n>",
    description: "prune: keep the newest n",
    parse: wholeNumber("--keep-last", 1, 1_000_000),
  },
  keepEvery: {
    flags: "--keep-every <steps>",
    description: "prune: keep the steps that this divides",
    parse: wholeNumber("--keep-every", 1, Number.MAX_SAFE_INTEGER),
  },
  keepBest: {
    flags: "--keep-best <metric:min|max[:n]>",
    description: "prune: keep the n best by a metric, such as loss:min:3",
    parse: keepBest,
  },
  orphanAge: {
    flags: "--orphan-age <duration>",
    description: "prune: leftovers of saves that wrote nothing for so long (default 24h)",
    parse: (text) => parseDuration(text),
  },
  dryRun: DRY_RUN,
};

export function choiceOf({ step, name, tag }: CheckpointOptions): CheckpointChoice {
  return { step, name, tag };
}

function keepBest(text: string): KeepBest {
  const match = /^(.+):(min|max)(?::([1-9]\d{0,5}))?$/.exec(text);
  if (match === null) {
    throw new LodeError({
      code: "invalid-argument",
      message: `--keep-best ${text} is no metric with its direction: write loss:min, or accuracy:max:3 for three`,
    });
  }
  const [, metric = "", mode, count = "1"] = match;
  return { metric, mode: mode === "min" ? "min" : "max", count: Number(count) };
}
