import type { BenchmarkState, PutGeneratedOptions, PutStatus } from "../../app/operations/index.js";
import { DATA_TYPES, type DataType } from "../../datagen/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, OptionSpec } from "../command.js";
import { wholeNumber } from "../option-parsers.js";
import { jsonLine } from "../render/index.js";
import { printResult, throwIfAnyFailed, watchBenchmark } from "./benchmark-result.js";

export const NUM: OptionSpec = {
  flags: "-n, --num <n>",
  description: "how many objects",
  parse: wholeNumber("-n", 1, 1_000_000_000),
};

/** The factors of generated content, as s3-cli names them. */
export const FACTORS: readonly OptionSpec[] = [
  {
    flags: "-d, --dedup <factor>",
    description: "how often each block of 4 to 64 KiB comes, 1 for never twice",
    parse: factor("-d"),
    default: 1,
  },
  {
    flags: "-x, --compress <factor>",
    description: "by how much zstd can shrink the objects, 1 for not at all",
    parse: factor("-x"),
    default: 1,
  },
];

/** `-o` in any case. */
export function objectTypeOption(defaultType: DataType): OptionSpec {
  return {
    flags: "-o, --object-type <type>",
    description: `what to generate: ${DATA_TYPES.join(", ")}`,
    parse(text) {
      const found = DATA_TYPES.find((one) => one === text.toUpperCase());
      if (found !== undefined) return found;
      throw new LodeError({
        code: "invalid-argument",
        message: `-o ${text} is none of ${DATA_TYPES.join(", ")}`,
      });
    },
    default: defaultType,
  };
}

function factor(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= 1 && Number.isFinite(value)) return value;
    throw new LodeError({
      code: "invalid-argument",
      message: `${name} cannot be ${JSON.stringify(text)}: give a number from 1`,
    });
  };
}

/** Tells what becomes of each object, or would. */
export function objectTeller({ json, notices, out }: CommandContext) {
  return (uri: string, bytes: number, status: PutStatus): void => {
    if (json) out.line(jsonLine({ type: "item", status, uri, bytes }));
    else if (status === "planned") out.line(`would write ${uri} (${bytes} bytes)`);
    else notices.info(`${status === "done" ? "wrote" : "skipped"} ${uri}`);
  };
}

/** Writes the objects and shows it: each with `--json`, `--dry-run` or `-v`, and in the end what `summary` says. */
export async function putObjects(
  context: CommandContext,
  command: string,
  target: string,
  options: PutGeneratedOptions,
  summary: (state: BenchmarkState) => string,
): Promise<void> {
  const { putGenerated } = await import("../../app/operations/index.js");
  const { state, run } = await putGenerated(context.app, target, {
    ...options,
    ...watchBenchmark(context, command),
    onObject: objectTeller(context),
  });
  context.notices.clearStatus();
  if (options.dryRun === true) return;
  printResult(context, command, state, summary(state));
  throwIfAnyFailed(state, run.failures);
}
