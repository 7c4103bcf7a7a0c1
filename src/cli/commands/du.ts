import type { CommandSpec } from "../command.js";
import { wholeNumber } from "../option-parsers.js";
import { formatSize, jsonLine } from "../render/index.js";

interface DuOptions {
  readonly human?: boolean;
  readonly depth?: number;
}

export const command: CommandSpec = {
  arguments: [
    {
      syntax: "[uri...]",
      description: "folders, objects or patterns; the configured store if absent",
    },
  ],
  options: [
    { flags: "-h, --human", description: "sizes as 1.50 MiB" },
    {
      flags: "-d, --depth <n>",
      description: "also a sum for each folder down to so many levels",
      parse: wholeNumber("-d", 0, 1000),
      default: 0,
    },
  ],
  description: "Each line has the bytes, the number of objects and the place, separated by tabs.",
  examples: [
    ["lode du -h s3://bucket/", "how much there is"],
    ["lode du -h -d 1 s3://bucket/data/", "and in each folder"],
  ],
  changes: false,
  async run(context, [given], options: DuOptions) {
    const { asFolder, displayUri, locationOf } = await import("../../app/index.js");
    const { diskUsage } = await import("../../app/operations/index.js");
    const { app, config, json, out } = context;
    const texts = given as readonly string[];
    for (const text of texts.length > 0 ? texts : [asFolder(config.get("store"), config.cwd)]) {
      const location = locationOf(text, config.cwd);
      for await (const { uri, objects, bytes } of diskUsage(app, text, options.depth)) {
        if (json) out.line(jsonLine({ type: "usage", uri, objects, bytes }));
        else {
          const size = formatSize(bytes, options.human === true);
          out.line(`${size}\t${objects}\t${displayUri(uri, location, config.cwd)}`);
        }
        await out.ready();
      }
    }
  },
};
