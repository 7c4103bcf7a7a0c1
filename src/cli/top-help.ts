import { COMMAND_GROUPS } from "./command-table.js";
import { exitCodesHelp } from "./exit-codes.js";
import { GLOBAL_OPTIONS } from "./global-options.js";

/** What `lode --help` prints; nothing but tables is loaded for it. */
export function topHelp(): string {
  const width = 16;
  const groups = COMMAND_GROUPS.map(({ title, commands }) =>
    [`${title}:`, ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`)].join(
      "\n",
    ),
  );
  const options = GLOBAL_OPTIONS.map(({ flags, description }) => [flags, description] as const);
  const all = [
    ...options,
    ["-h, --help", "show this help; `lode <command> --help` shows a command's"] as const,
    ["-V, --version", "print the version"] as const,
  ];
  return `Usage: lode [options] <command> [arguments]

Objects on disk, in memory, on S3 and on Azure, by one command. A place is a URI
(s3://bucket/key, az://account/container/key, file:///path, direct:///path) or a path.

${groups.join("\n\n")}

Options:
${all.map(([flags, description]) => `  ${flags.padEnd(22)}${description}`).join("\n")}

Examples:
  $ lode ls -lh s3://bucket/data/
  $ lode cp -r ./data s3://bucket/data/
  $ lode cat s3://bucket/data/a.json
  $ lode rm -r --dry-run s3://bucket/old/

${exitCodesHelp()}
`;
}
