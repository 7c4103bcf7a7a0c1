import type { CommandSpec } from "../command.js";
import { byteSize, moment } from "../option-parsers.js";

interface FindCommandOptions {
  readonly name?: string;
  readonly path?: string;
  readonly pattern?: string;
  readonly size?: readonly SizeTest[];
  readonly newer?: Date;
  readonly older?: Date;
  readonly long?: boolean;
  readonly human?: boolean;
}

interface SizeTest {
  readonly minSize?: number;
  readonly maxSize?: number;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri...>", description: "folders, objects or patterns to search in" }],
  options: [
    { flags: "--name <glob>", description: "the last part of the key matches" },
    {
      flags: "--path <glob>",
      description: "the part after the searched folder matches (** across folders)",
    },
    {
      flags: "-p, --pattern <regex>",
      description: "the part after the searched folder matches this regular expression",
    },
    {
      flags: "--size <size>",
      description: "+1MiB: at least; -1MiB: at most; 1MiB: exactly",
      parse: sizeTest,
      repeatable: true,
    },
    { flags: "--newer <when>", description: "changed since: 2d ago, or 2026-01-31", parse: moment },
    { flags: "--older <when>", description: "not changed since then", parse: moment },
    { flags: "-l, --long", description: "with size in bytes and time of change (UTC)" },
    { flags: "-h, --human", description: "sizes as 1.50 MiB, with -l" },
  ],
  description: "Everything that is asked for must hold.",
  examples: [
    ["lode find s3://bucket/ --name '*.npz' --size +1GiB", "large arrays"],
    ["lode find ./runs --newer 1d -l", "what was written since yesterday"],
    ["lode find s3://bucket/tmp/ --older 30d --json", "candidates to delete"],
  ],
  changes: false,
  async run(context, [texts], options: FindCommandOptions) {
    const { locationOf } = await import("../../app/index.js");
    const { findObjects } = await import("../../app/operations/index.js");
    const { entryLine } = await import("./entry-lines.js");
    const { app, config, json, out } = context;
    const criteria = {
      name: options.name,
      path: options.path,
      pattern: options.pattern,
      newerThan: options.newer,
      olderThan: options.older,
      ...Object.assign({}, ...(options.size ?? [])),
    };
    const style = { json, long: options.long, human: options.human };
    for (const text of texts as readonly string[]) {
      const location = locationOf(text, config.cwd);
      for await (const entries of findObjects(app, text, criteria)) {
        for (const entry of entries) out.line(entryLine(entry, style, location, config.cwd));
        await out.ready();
      }
    }
  },
};

function sizeTest(text: string): SizeTest {
  const size = byteSize(text.replace(/^[+-]/, ""));
  if (text.startsWith("+")) return { minSize: size };
  if (text.startsWith("-")) return { maxSize: size };
  return { minSize: size, maxSize: size };
}
