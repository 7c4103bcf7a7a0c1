import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { prune, remove, repair, tag, untag } from "./checkpoint-change.js";
import { load } from "./checkpoint-load.js";
import { list, show, verify } from "./checkpoint-look.js";
import {
  CHOICE,
  type CheckpointAction,
  type CheckpointOptions,
  OPTIONS,
  type OptionName,
} from "./checkpoint-options.js";

const ACTIONS: Readonly<Record<string, CheckpointAction>> = {
  ls: { options: ["long", "human"], run: list },
  show: { options: [...CHOICE, "human"], run: show },
  verify: { options: [...CHOICE, "all", "quick"], run: verify },
  load: { options: [...CHOICE, "output", "rank", "tensors", "replace"], run: load },
  rm: { options: [...CHOICE, "force", "dryRun"], run: remove },
  prune: { options: ["keepLast", "keepEvery", "keepBest", "orphanAge", "dryRun"], run: prune },
  tag: { options: ["step", "name", "force", "dryRun"], operand: "TAG", run: tag },
  untag: { options: ["dryRun"], operand: "TAG", run: untag },
  repair: { options: ["dryRun"], run: repair },
};

export const command: CommandSpec = {
  arguments: [
    { syntax: "<action>", description: "ls, show, verify, load, rm, prune, tag, untag or repair" },
    { syntax: "<uri>", description: "the folder that the checkpoints lie in" },
    { syntax: "[tag]", description: "the tag, of tag and untag" },
  ],
  options: Object.values(OPTIONS),
  description:
    "Checkpoints of Lodestore and of s3dlio, on any store. --step, --name or --tag choose one;\n" +
    "without, it is the latest (rm always wants to be told).\n\n" +
    "ls: all of them, the newest last. show: one, with its shards. verify: reads all bytes and tells\n" +
    "of each damaged place; exit code 15 if there is one. load: shards, decompressed and verified, as\n" +
    "rank-N.bin in a new folder that appears when it is whole. rm: one; pointers first, then manifest,\n" +
    "then shards. prune: what no rule keeps, the latest and tagged ones apart, and then what crashed\n" +
    "saves left; without a rule only that. repair: makes latest.json point to the newest.",
  examples: [
    ["lode checkpoint ls -lh s3://bucket/run7", "what is there"],
    ["lode checkpoint verify --all s3://bucket/run7", "is every byte as it was saved?"],
    ["lode checkpoint load -o ./ckpt s3://bucket/run7", "the latest, one file a rank"],
    [
      "lode checkpoint load --step 1000 --rank 0 --tensors 'lm_head.*' -o head.safetensors s3://bucket/run7",
      "some tensors",
    ],
    ["lode checkpoint tag --step 1000 s3://bucket/run7 release", "keep one for good"],
    [
      "lode checkpoint prune --keep-last 3 --keep-best loss:min --dry-run s3://bucket/run7",
      "see what would go",
    ],
  ],
  changes: true,
  async run(context, [given, uri, operand], options: CheckpointOptions) {
    const name = String(given);
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      const names = Object.keys(ACTIONS);
      const known = didYouMean(name, names) || `; write one of ${names.join(", ")}`;
      throw invalid(`lode checkpoint cannot ${JSON.stringify(name)}${known}`);
    }
    for (const option of Object.keys(OPTIONS) as OptionName[]) {
      if (options[option] === undefined || action.options.includes(option)) continue;
      const [flag] = OPTIONS[option].flags.match(/--[a-z-]+/) ?? [];
      throw invalid(`lode checkpoint ${name} has no option ${flag}; see lode checkpoint --help`);
    }
    if ((operand === undefined) !== (action.operand === undefined)) {
      const expected = action.operand === undefined ? "" : ` ${action.operand}`;
      throw invalid(`lode checkpoint ${name} is written lode checkpoint ${name} URI${expected}`);
    }
    await action.run(context, uri as string, options, (operand as string | undefined) ?? "");
  },
};

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
