import type { CommandSpec } from "../command.js";
import { wholeNumber } from "../option-parsers.js";
import { formatSize, jsonLine, plural } from "../render/index.js";

interface TreeOptions {
  readonly depth?: number;
  readonly sizes?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "[uri]", description: "a folder; the configured store if absent" }],
  options: [
    {
      flags: "-L, --depth <n>",
      description: "at most so many levels",
      parse: wholeNumber("-L", 1, 1000),
    },
    { flags: "-s, --sizes", description: "with the sizes of objects" },
  ],
  examples: [
    ["lode tree s3://bucket/data/", "all levels"],
    ["lode tree -L 2 -s .", "two levels of the working directory, with sizes"],
  ],
  changes: false,
  async run(context, [given], options: TreeOptions) {
    const { asFolder } = await import("../../app/index.js");
    const { walkTree } = await import("../../app/operations/index.js");
    const { app, config, json, notices, out } = context;
    const text = (given as string | undefined) ?? asFolder(config.get("store"), config.cwd);
    let objects = 0;
    let folders = 0;
    let lines = 0;
    if (!json) out.line(text);
    for await (const node of walkTree(app, text, options.depth)) {
      if (node.kind === "object") objects++;
      else folders++;
      if (json) {
        const { kind: type, uri, name, size, last } = node;
        out.line(jsonLine({ type, uri, name, size, depth: last.length }));
      } else {
        const above = node.last.slice(0, -1).map((last) => (last ? "    " : "│   "));
        const branch = node.last.at(-1) === true ? "└── " : "├── ";
        const slash = node.kind === "folder" ? "/" : "";
        const shown = options.sizes === true && node.size !== undefined;
        const size = shown ? `  (${formatSize(node.size ?? 0, true)})` : "";
        out.line(`${above.join("")}${branch}${node.name.replace(/\/$/, "")}${slash}${size}`);
      }
      if (++lines % 1000 === 0) await out.ready();
    }
    notices.line(`${plural(folders, "folder")}, ${plural(objects, "object")}`);
  },
};
