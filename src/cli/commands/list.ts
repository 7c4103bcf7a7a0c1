import type { CommandSpec } from "../command.js";
import { LITERAL, PATTERN, RECURSIVE, REGEX } from "../option-parsers.js";
import { jsonLine, showProgress } from "../render/index.js";

interface ListOptions {
  readonly recursive?: boolean;
  readonly pattern?: string;
  readonly countOnly?: boolean;
  readonly regex?: boolean;
  readonly literal?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri>", description: "a bucket, folder, object, or pattern of them" }],
  options: [
    RECURSIVE,
    PATTERN,
    { flags: "-c, --count-only", description: "print how many there are, and no keys" },
    REGEX,
    LITERAL,
  ],
  description:
    "Prints keys, one a line; the count goes to standard error. The last part of the URI is an\n" +
    "exact name or a glob; s3-cli's regular expressions need --regex here and match whole names.",
  examples: [
    ["lode list -r s3://my-bucket4/", "all keys of a bucket"],
    ["lode list --regex 's3://my-bucket/data/.*\\.csv'", "keys by regular expression"],
    ["lode list -c s3://my-bucket4/", "count only"],
  ],
  changes: false,
  async run(context, [text], options: ListOptions) {
    const { locationOf } = await import("../../app/index.js");
    const { listEntries } = await import("../../app/operations/index.js");
    const { entryLine } = await import("./entry-lines.js");
    const { app, config, out, json, notices } = context;
    const location = locationOf(text as string, config.cwd);
    let objects = 0;
    let bytes = 0;
    for await (const entries of listEntries(app, text as string, options)) {
      objects += entries.length;
      if (options.countOnly === true) {
        for (const entry of entries) bytes += entry.meta?.size ?? 0;
        showProgress(notices, "list", { objects, bytes, failed: 0, bytesPerSecond: 0 });
        continue;
      }
      for (const entry of entries) {
        out.line(entryLine(entry, { json, keysOnly: true }, location, config.cwd));
      }
      await out.ready();
    }
    if (options.countOnly !== true) notices.line(`Total objects: ${objects}`);
    else if (json) out.line(jsonLine({ type: "count", objects, bytes }));
    else out.line(`Total objects: ${objects}`);
  },
};
