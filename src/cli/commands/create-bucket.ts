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
  description: "One that is already there, and yours, is no error.",
  examples: [
    ["lode create-bucket s3://my-bucket", "a bucket"],
    ["lode create-bucket my-bucket", "the same"],
    ["lode create-bucket az://account/container", "a container"],
  ],
  changes: true,
  async run(context, [text], options: { readonly dryRun?: boolean }) {
    const { createContainer } = await import("../../app/operations/index.js");
    const { uri, changed } = await createContainer(context.app, text as string, options);
    if (context.json) context.out.line(jsonLine({ type: "container", uri, created: changed }));
    else if (options.dryRun === true) context.notices.line(`would create ${uri}`);
    else context.notices.line(`Successfully created or verified '${uri}'.`);
  },
};
