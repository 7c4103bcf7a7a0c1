import type { CommandSpec } from "../command.js";
import { DRY_RUN } from "../option-parsers.js";
import { jsonLine } from "../render/index.js";

export const command: CommandSpec = {
  arguments: [
    {
      syntax: "<uri>",
      description: "s3://bucket (or just its name), az://account/container, or a folder",
    },
  ],
  options: [DRY_RUN],
  description: "It must be empty: see `lode rm -r`.",
  examples: [
    ["lode delete-bucket s3://my-bucket", "delete an empty bucket"],
    ["lode delete-bucket --dry-run s3://my-bucket", "check that it could be deleted"],
  ],
  changes: true,
  async run(context, [text], options: { readonly dryRun?: boolean }) {
    const { deleteContainer } = await import("../../app/operations/index.js");
    const { uri, changed } = await deleteContainer(context.app, text as string, options);
    if (context.json) context.out.line(jsonLine({ type: "container", uri, deleted: changed }));
    else if (options.dryRun === true) context.notices.line(`would delete ${uri}`);
    else context.notices.line(`Successfully deleted '${uri}'.`);
  },
};
