import { buildParser } from "../../src/cli/build-parser.js";
import { COMMAND_GROUPS, type CommandEntry } from "../../src/cli/command-table.js";
import { exitCodesHelp } from "../../src/cli/exit-codes.js";
import { topHelp } from "../../src/cli/top-help.js";
import { GENERATED, markdownTable } from "./markdown.js";

/** The help of `lode` and of each command, as printed on a terminal of 80 columns. */
export async function commandsPage(): Promise<string> {
  const sections: string[] = [];
  for (const { title, commands } of COMMAND_GROUPS) {
    const rows = commands.map(({ name, summary }) => [`[\`${name}\`](#lode-${name})`, summary]);
    sections.push(`## ${title}\n\n${markdownTable(["command", "what it does"], rows)}`);
    for (const entry of commands) {
      sections.push(`### lode ${entry.name}\n\n${fenced(await helpOf(entry))}`);
    }
  }
  return `${GENERATED}

# The command \`lode\`

What \`lode --help\` and \`lode <command> --help\` print. The global options and the exit codes are the same for all commands and
are shown once. For how the commands are used see [Objects](../guide/objects.md).

${fenced(topHelp())}

${sections.join("\n\n")}
`;
}

async function helpOf(entry: CommandEntry): Promise<string> {
  let help = "";
  const parser = buildParser(entry, await entry.load(), (text) => {
    help += text;
  });
  parser.configureOutput({ getOutHelpWidth: () => 80, getOutHasColors: () => false });
  parser.outputHelp();
  const withoutGlobal = help.replace(/^Global options:\n(?: .*\n)+\n/m, "");
  return withoutGlobal.replace(exitCodesHelp(), "");
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\``;
}
