import { Argument, Command, Option } from "commander";
import type { CommandEntry, CommandSpec, OptionSpec } from "./command.js";
import { exitCodesHelp } from "./exit-codes.js";
import { GLOBAL_OPTIONS } from "./global-options.js";

/** The parser of one command, with its help. It throws instead of ending the process. */
export function buildParser(
  entry: CommandEntry,
  spec: CommandSpec,
  write: (text: string) => void,
): Command {
  const parser = new Command(`lode ${entry.name}`);
  parser.exitOverride().configureOutput({ writeOut: write, writeErr: () => undefined });
  parser.summary(entry.summary).description(descriptionOf(entry, spec));
  addArguments(parser, spec);
  for (const option of spec.options) parser.addOption(buildOption(option));
  // `-h` is free for human sizes where a command has them, as in `ls -lh`.
  const takesH = spec.options.some((option) => option.flags.startsWith("-h,"));
  parser.helpOption(takesH ? "--help" : "-h, --help", "show this help");
  for (const option of GLOBAL_OPTIONS) {
    parser.addOption(buildOption(option).helpGroup("Global options:"));
  }
  parser.addOption(new Option("--endpoint <url>").hideHelp());
  const examples = spec.examples.map(([line, what]) => `  # ${what}\n  $ ${line}`);
  parser.addHelpText("after", `\nExamples:\n${examples.join("\n")}\n\n${exitCodesHelp()}`);
  return parser;
}

/**
 * Shows all arguments but parses those from the first `...` on as one, whose end the command takes
 * apart: a parser knows no arguments behind one that takes many.
 */
function addArguments(parser: Command, spec: CommandSpec): void {
  const shown = spec.arguments.map(({ syntax, description }) => new Argument(syntax, description));
  const many = shown.findIndex((argument) => argument.variadic);
  for (const argument of many < 0 ? shown : shown.slice(0, many + 1)) parser.addArgument(argument);
  const words = spec.arguments.map(({ syntax }) => syntax);
  parser.usage(["[options]", ...words].join(" "));
  parser.configureHelp({ visibleArguments: () => shown });
}

function descriptionOf(entry: CommandEntry, spec: CommandSpec): string {
  if (spec.description === undefined) return entry.summary;
  // The terminal's width breaks lines; those of the source would be broken twice.
  const paragraphs = spec.description.replace(/(?<!\n)\n(?!\n)/g, " ");
  return `${entry.summary}.\n\n${paragraphs}`;
}

function buildOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  const { parse } = spec;
  const takesValue = spec.flags.includes("<");
  if (spec.repeatable === true && takesValue) {
    option.argParser((text: string, previous: readonly unknown[] = []) => [
      ...previous,
      parse === undefined ? text : parse(text),
    ]);
  } else if (spec.repeatable === true) {
    option.argParser((_: unknown, previous = 0) => (previous as number) + 1);
  } else if (parse !== undefined) {
    option.argParser((text: string) => parse(text));
  }
  if (spec.default !== undefined) option.default(spec.default, spec.defaultText);
  return option;
}
