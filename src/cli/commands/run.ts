import { didYouMean } from "../../core/index.js";
import type { CommandSpec } from "../command.js";
import { forget, gc, migrate, remove, restore, views } from "./run-change.js";
import { stats, verify } from "./run-check.js";
import { get, put } from "./run-data.js";
import { diff, find, list, log, names, show } from "./run-look.js";
import {
  ALWAYS,
  invalid,
  OPTIONS,
  type OptionName,
  type RunAction,
  type RunOptions,
} from "./run-options.js";

const ACTIONS: Readonly<Record<string, RunAction>> = {
  ls: {
    operands: "",
    count: [0, 0],
    options: ["type", "project", "tag", "status", "since", "until", "limit", "deleted", "index"],
    run: list,
  },
  show: { operands: "RUN", count: [1, 1], options: ["revision", "human"], run: show },
  log: { operands: "RUN", count: [1, 1], options: [], run: log },
  diff: { operands: "RUN_A RUN_B", count: [2, 2], options: ["exitCode"], run: diff },
  find: { operands: "DATA", count: [1, 1], options: ["index"], run: find },
  names: { operands: "[NAME]", count: [0, 1], options: ["human"], run: names },
  put: {
    operands: "PATH...",
    count: [1, Number.POSITIVE_INFINITY],
    options: [
      ...(["name", "type", "metadata", "rehash", "run", "input", "output", "replace"] as const),
      ...(["create", "project", "runType", "tag", "finish"] as const),
    ],
    run: put,
  },
  get: {
    operands: "DATA [TARGET]",
    count: [1, 2],
    options: ["path", "columns", "rows", "replace"],
    run: get,
  },
  forget: { operands: "NAME", count: [1, 1], options: ["dryRun"], run: forget },
  rm: {
    operands: "RUN...",
    count: [1, Number.POSITIVE_INFINITY],
    options: ["dryRun"],
    run: remove,
  },
  restore: { operands: "RUN...", count: [1, Number.POSITIVE_INFINITY], options: [], run: restore },
  views: {
    operands: "[ls [VIEW] | rebuild | add RUN VIEW | rm RUN VIEW]",
    count: [0, 3],
    options: ["dryRun"],
    run: views,
  },
  gc: {
    operands: "",
    count: [0, 0],
    options: ["grace", "restoreWindow", "skipRepack", "dryRun"],
    run: gc,
  },
  verify: {
    operands: "",
    count: [0, 0],
    options: ["mode", "percent", "seed", "repair", "mirror", "dryRun"],
    run: verify,
  },
  stats: { operands: "", count: [0, 0], options: ["human"], run: stats },
  migrate: {
    operands: "FROM",
    count: [1, 1],
    options: ["home", "unverified", "dryRun"],
    run: migrate,
  },
};

export const command: CommandSpec = {
  arguments: [
    { syntax: "<action>", description: `one of ${Object.keys(ACTIONS).join(", ")}` },
    { syntax: "[operand...]", description: "what the action takes, see below" },
  ],
  options: Object.values(OPTIONS),
  description:
    "What experiments and production jobs read and wrote, with equal data stored once, on any store.\n" +
    "DATA is a blob's id or the first 8 digits of it, a digest, RUN:NAME for an output or input of a\n" +
    "run (RUN:inputs.NAME if both have it), or the name that data was stored under.\n\n" +
    "ls: runs by the time of their creation, the newest last. show RUN: all of a run. log RUN: its\n" +
    "revisions. diff RUN RUN: data by digest, parameters, metrics, tags. find DATA: who uses it; a\n" +
    "file's content is looked for too. names [NAME]: data that names keep. put PATH...: stores files\n" +
    "and folders, or - for standard input, kept by their names or by a run. get DATA [TARGET]: bytes\n" +
    "to a file, an object, a folder or standard output. forget NAME: the name keeps nothing more.\n" +
    "rm RUN..., restore RUN...: delete, and take it back. views: the folders below runs/ in which\n" +
    "runs are shown. gc: condemns data that nothing needs; what an earlier gc condemned goes into the\n" +
    "trash, and is freed after the restore window. verify: looks whether runs and all data are there\n" +
    "(--mode full: reads and hashes all of it); exit code 15 if not. stats: what there is, and what is\n" +
    "shared. migrate FROM: carries over what mltrack wrote.",
  examples: [
    ["lode run put train.parquet --run exp1 --input --create", "a table as an input of a new run"],
    ["lode run put ./model --run exp1 --output --finish", "a folder as its output"],
    ["lode run ls --project churn --tag region=eu --since 7d", "runs of the last days"],
    ["lode run diff exp1 exp2", "what is different"],
    ["lode run get exp1:model ./restored --path 'weights/*'", "some files of a folder"],
    ["lode run find train.parquet", "which runs used this file?"],
    ["lode run gc --dry-run", "what would go, with sizes"],
    ["lode run verify --mode full", "is every byte as it was stored?"],
    ["lode run migrate s3://bucket/mltrack --store s3://bucket/runs", "move over from mltrack"],
  ],
  changes: true,
  async run(context, [given, operands], options: RunOptions) {
    const name = String(given);
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      const known = Object.keys(ACTIONS);
      const hint = didYouMean(name, known) || `; write one of ${known.join(", ")}`;
      throw invalid(`lode run cannot ${JSON.stringify(name)}${hint}`);
    }
    for (const option of Object.keys(OPTIONS) as OptionName[]) {
      const [flag = ""] = OPTIONS[option].flags.match(/--[a-z-]+/) ?? [];
      // The parser sets what is switched off by a flag, as --no-index, where the flag is not given.
      const unset = flag.startsWith("--no-") ? true : undefined;
      if (options[option] === unset || [...ALWAYS, ...action.options].includes(option)) continue;
      throw invalid(`lode run ${name} has no option ${flag}; see lode run --help`);
    }
    const words = operands as readonly string[];
    const [least, most] = action.count;
    if (words.length < least || words.length > most) {
      throw invalid(`lode run ${name} is written lode run ${name} ${action.operands}`.trimEnd());
    }
    await action.run(context, words, options);
  },
};
