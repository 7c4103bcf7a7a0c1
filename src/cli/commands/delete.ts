import type { CommandSpec } from "../command.js";
import { jobsOption } from "../option-parsers.js";
import { DELETE_DESCRIPTION, DELETE_OPTIONS, runDelete } from "./rm.js";

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri...>", description: "objects, folders (-r) or patterns" }],
  options: [
    { ...jobsOption(1000), description: "taken for s3-cli's sake; batches are sized by the store" },
    ...DELETE_OPTIONS,
  ],
  description: `${DELETE_DESCRIPTION}\nWhere s3-cli's delete took a prefix, this takes a folder with -r.`,
  examples: [
    ["lode delete s3://my-bucket4/a", "one object"],
    ["lode delete -r s3://my-bucket4/", "all objects of a bucket"],
    ["lode delete -r -p '.*\\.tmp' s3://my-bucket4/data/", "by regular expression"],
  ],
  changes: true,
  run: runDelete,
};
