import type { CommandSpec } from "../command.js";
import { LITERAL, RECURSIVE, REGEX } from "../option-parsers.js";

interface LsOptions {
  readonly long?: boolean;
  readonly human?: boolean;
  readonly recursive?: boolean;
  readonly regex?: boolean;
  readonly literal?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "[uri...]", description: "what to list; the configured store if absent" }],
  options: [
    { flags: "-l, --long", description: "with size in bytes and time of change (UTC)" },
    { flags: "-h, --human", description: "sizes as 1.50 MiB, with -l" },
    RECURSIVE,
    REGEX,
    LITERAL,
  ],
  description:
    "A name is exact: s3://b/foo stands for the object foo and for what is in foo/, never for\n" +
    "foobar. Globs (* ? [a-z] {a,b}, ** across folders) list what they match, unless an object\n" +
    "has exactly that name. An account (s3://, az://account) lists its buckets.",
  examples: [
    ["lode ls -lh s3://bucket/data/", "one level, with human sizes"],
    ["lode ls -r 's3://bucket/**/*.parquet'", "all Parquet files, wherever they are"],
    ["lode ls --regex 's3://bucket/logs/2026-0[1-6].*'", "a regular expression for the last part"],
    ["lode ls --json . | jq .size", "one JSON object a line"],
  ],
  changes: false,
  async run(context, [uris], options: LsOptions) {
    const { asFolder, locationOf } = await import("../../app/index.js");
    const { listEntries } = await import("../../app/operations/index.js");
    const { entryLine } = await import("./entry-lines.js");
    const { app, config, out, json } = context;
    const texts = (uris as readonly string[]).length > 0 ? (uris as readonly string[]) : undefined;
    const style = { json, long: options.long, human: options.human };
    for (const text of texts ?? [asFolder(config.get("store"), config.cwd)]) {
      const location = locationOf(text, config.cwd);
      for await (const entries of listEntries(app, text, options)) {
        for (const entry of entries) out.line(entryLine(entry, style, location, config.cwd));
        await out.ready();
      }
    }
  },
};
