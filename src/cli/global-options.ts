import type { SettingName } from "../app/config/index.js";
import type { OptionSpec } from "./command.js";

/** Options that every command takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: "-v, --verbose", description: "tell more; -vv for every request", repeatable: true },
  { flags: "--json", description: "one JSON object a line on standard output, errors included" },
  { flags: "--no-progress", description: "no progress line on the terminal" },
  { flags: "--config <file>", description: "read this file in place of the project's lode.yaml" },
  { flags: "--endpoint-url <url>", description: "URL of an S3-compatible server" },
  { flags: "--region <name>", description: "region of the S3 server" },
  { flags: "--profile <name>", description: "profile of the AWS configuration files" },
  { flags: "--ca-bundle <file>", description: "PEM file of further certificate authorities" },
  { flags: "--op-log <file>", description: "log every request into this file (.tsv.zst)" },
  { flags: "--op-log-columns <n>", description: "13 (default) or 15 columns, as newer warp has" },
  {
    flags: "--set <name=value>",
    description: "set anything that `lode config show` lists",
    repeatable: true,
  },
];

/** Global options that are settings, by their name in the parsed options. */
export const SETTING_FLAGS: Readonly<Record<string, { setting: SettingName; flag: string }>> = {
  endpointUrl: { setting: "s3.endpoint", flag: "--endpoint-url" },
  region: { setting: "s3.region", flag: "--region" },
  profile: { setting: "s3.profile", flag: "--profile" },
  caBundle: { setting: "s3.ca-bundle", flag: "--ca-bundle" },
  opLogColumns: { setting: "oplog.columns", flag: "--op-log-columns" },
};

/** What the global options were parsed to. */
export interface GlobalValues {
  readonly verbose?: number;
  readonly json?: boolean;
  readonly progress?: boolean;
  readonly config?: string;
  readonly endpointUrl?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly caBundle?: string;
  readonly opLog?: string;
  readonly opLogColumns?: string;
  readonly set?: readonly string[];
}

/**
 * Splits a command line at the command's name: options before it may take a value, which is no
 * command. `--endpoint` is taken for `--endpoint-url`.
 */
export function splitCommandLine(argv: readonly string[]): {
  before: string[];
  name: string | undefined;
  after: string[];
} {
  const takesValue = new Set(
    GLOBAL_OPTIONS.filter((option) => option.flags.includes("<")).map(
      (option) => /--[a-z-]+/.exec(option.flags)?.[0],
    ),
  );
  takesValue.add("--endpoint");
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith("-") === true) {
    at += takesValue.has(argv[at]) ? 2 : 1;
  }
  return { before: argv.slice(0, at), name: argv[at], after: argv.slice(at + 1) };
}
