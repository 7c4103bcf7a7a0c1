import type { StatResult } from "../../app/operations/index.js";
import type { CommandSpec } from "../command.js";
import { LITERAL } from "../option-parsers.js";
import { jsonLine, objectJson } from "../render/index.js";

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri...>", description: "objects by exact name, or globs" }],
  options: [LITERAL],
  examples: [
    ["lode stat s3://bucket/data/a.npz", "size, time, etag and what else the store keeps"],
    ["lode stat --json s3://bucket/a | jq -r .etag", "one field, for a script"],
  ],
  changes: false,
  async run(context, [texts], options: { readonly literal?: boolean }) {
    const { statObjects } = await import("../../app/operations/index.js");
    const { app, out, json } = context;
    let first = true;
    for (const text of texts as readonly string[]) {
      for await (const result of statObjects(app, text, options)) {
        if (json) out.line(jsonLine(objectJson(result.uri, result.meta)));
        else {
          if (!first) out.line("");
          for (const line of statLines(result)) out.line(line);
        }
        first = false;
        await out.ready();
      }
    }
  },
};

function statLines({ uri, meta }: StatResult): string[] {
  const rows: [string, string | undefined][] = [
    ["URI", uri],
    ["Size", String(meta.size)],
    ["LastModified", meta.lastModified.toISOString()],
    ["ETag", meta.etag],
    ["Content-Type", meta.contentType],
    ["StorageClass", meta.storageClass],
    ["VersionId", meta.versionId],
    ["CRC32C", meta.crc32c?.toString(16).padStart(8, "0")],
  ];
  const lines = rows
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => `${label.padEnd(16)}: ${value}`);
  const metadata = Object.entries(meta.metadata ?? {});
  if (metadata.length === 0) return lines;
  return [...lines, "User Metadata:", ...metadata.map(([name, value]) => `  ${name} = ${value}`)];
}
