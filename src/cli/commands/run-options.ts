import { parseDuration } from "../../app/config/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, OptionSpec } from "../command.js";
import { DRY_RUN, moment, wholeNumber } from "../option-parsers.js";

export interface RunOptions {
  readonly store?: string;
  readonly human?: boolean;
  readonly type?: string;
  readonly project?: string;
  readonly tag?: readonly Pair[];
  readonly status?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly limit?: number;
  readonly deleted?: boolean;
  readonly index?: boolean;
  readonly revision?: number;
  readonly exitCode?: boolean;
  readonly name?: string;
  readonly run?: string;
  readonly input?: boolean;
  readonly output?: boolean;
  readonly create?: boolean;
  readonly runType?: string;
  readonly finish?: boolean;
  readonly replace?: boolean;
  readonly metadata?: readonly Pair[];
  readonly rehash?: boolean;
  readonly path?: readonly string[];
  readonly columns?: readonly string[];
  readonly rows?: boolean;
  readonly grace?: number;
  readonly restoreWindow?: number;
  readonly skipRepack?: boolean;
  readonly mode?: string;
  readonly percent?: number;
  readonly seed?: number;
  readonly repair?: boolean;
  readonly mirror?: readonly string[];
  readonly home?: string;
  readonly unverified?: boolean;
  readonly dryRun?: boolean;
}

export type Pair = readonly [name: string, value: string];
export type OptionName = keyof RunOptions;

/** What one action of `lode run` does, and what it takes. */
export interface RunAction {
  readonly options: readonly OptionName[];
  /** As shown: `RUN [TARGET]`. */
  readonly operands: string;
  /** How many there can be. */
  readonly count: readonly [least: number, most: number];
  readonly run: (
    context: CommandContext,
    operands: readonly string[],
    options: RunOptions,
  ) => Promise<void>;
}

/** Options of every action. */
export const ALWAYS: readonly OptionName[] = ["store"];

export const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = {
  store: {
    flags: "--store <uri>",
    description: "where the runs are; else the setting runs.store, else .lode/runs",
  },
  human: { flags: "-h, --human", description: "sizes as 1.50 MiB" },
  type: {
    flags: "--type <type>",
    description:
      "ls: runs of this type; put: what it is: file, table, array (.npy), json, text or tree",
  },
  project: { flags: "--project <name>", description: "ls, put --create: of this project" },
  tag: {
    flags: "--tag <name=value>",
    description: "ls, put --create: with this tag",
    parse: pair("--tag"),
    repeatable: true,
  },
  status: { flags: "--status <status>", description: "ls: running, finished, failed or killed" },
  since: {
    flags: "--since <when>",
    description: "ls: created since: 2d ago, or 2026-01-31",
    parse: moment,
  },
  until: { flags: "--until <when>", description: "ls: created before", parse: moment },
  limit: {
    flags: "--limit <n>",
    description: "ls: only the newest n",
    parse: wholeNumber("--limit", 1, Number.MAX_SAFE_INTEGER),
  },
  deleted: { flags: "--deleted", description: "ls: deleted runs, which restore brings back" },
  index: {
    flags: "--no-index",
    description: "ls, find: read the runs, without the catalogue of them in the cache folder",
  },
  revision: {
    flags: "--revision <n>",
    description: "show: this revision, not the newest",
    parse: wholeNumber("--revision", 1, 999_999),
  },
  exitCode: { flags: "--exit-code", description: "diff: exit with 1 if the runs differ" },
  name: { flags: "--name <name>", description: "put: call it this, not by the file's name" },
  run: { flags: "--run <id>", description: "put: give it to this run" },
  input: { flags: "--input", description: "put --run: as an input" },
  output: { flags: "--output", description: "put --run: as an output" },
  create: { flags: "--create", description: "put --run: make the run if there is none" },
  runType: { flags: "--run-type <type>", description: "put --create: such as evaluation" },
  finish: { flags: "--finish", description: "put --run: the run is finished with it" },
  replace: { flags: "--replace", description: "put, get: take the place of what is there" },
  metadata: {
    flags: "--metadata <name=value>",
    description: "put: your own facts of the data",
    parse: pair("--metadata"),
    repeatable: true,
  },
  rehash: {
    flags: "--rehash",
    description: "put: read all files of folders, also those that look as they did last time",
  },
  path: {
    flags: "--path <path>",
    description: "get: this file of a folder; folders and globs too, into a folder",
    repeatable: true,
  },
  columns: {
    flags: "--columns <name>",
    description: "get: only this column of a table, as Parquet",
    repeatable: true,
  },
  rows: { flags: "--rows", description: "get: the rows of a table as JSON lines" },
  grace: {
    flags: "--grace <duration>",
    description: "gc: keep what is younger, whether it is used or not (default 24h)",
    parse: (text) => parseDuration(text),
  },
  restoreWindow: {
    flags: "--restore-window <duration>",
    description: "gc: keep deleted runs and data restorable for so long (default 7d)",
    parse: (text) => parseDuration(text),
  },
  skipRepack: {
    flags: "--skip-repack",
    description: "gc: leave packs of little use, or small, as they are",
  },
  mode: {
    flags: "--mode <mode>",
    description: "verify: quick (the default: listings and small objects), sampled or full",
  },
  percent: {
    flags: "--percent <n>",
    description: "verify --mode sampled: the share of data that is read and hashed (default 5)",
    parse: wholeNumber("--percent", 1, 100),
  },
  seed: {
    flags: "--seed <n>",
    description: "verify --mode sampled: which share; the same number, the same share",
    parse: wholeNumber("--seed", 0, Number.MAX_SAFE_INTEGER),
  },
  repair: {
    flags: "--repair",
    description:
      "verify: mend what can be mended, without deleting data (looks at all unless --mode)",
  },
  mirror: {
    flags: "--mirror <uri>",
    description: "verify --repair: another store of runs that may have what is lost here",
    repeatable: true,
  },
  home: {
    flags: "--home <uri>",
    description: "migrate: what its manifests call the source, if it is a copy: s3://bucket/prefix",
  },
  unverified: {
    flags: "--unverified",
    description: "migrate: copy data without looking into it; no finding tells of wrong data",
  },
  dryRun: DRY_RUN,
};

/** One of some words. Throws `invalid-argument`. */
export function oneOf<W extends string>(
  flag: string,
  text: string | undefined,
  words: readonly W[],
): W | undefined {
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw invalid(`${flag} cannot be ${JSON.stringify(text)}: give one of ${words.join(", ")}`);
}

export function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}

function pair(flag: string): (text: string) => Pair {
  return (text) => {
    const equals = text.indexOf("=");
    if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
    throw invalid(`${flag} ${text} has no value: write ${flag} name=value`);
  };
}
