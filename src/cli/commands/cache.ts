import type { CacheUsage } from "../../cas/index.js";
import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, CommandSpec, OptionSpec } from "../command.js";
import { byteSize, DRY_RUN } from "../option-parsers.js";
import { cacheLines, formatSize, jsonLine } from "../render/index.js";

interface CacheOptions {
  readonly human?: boolean;
  readonly maxBytes?: number;
  readonly dryRun?: boolean;
}

type OptionName = keyof CacheOptions;

interface CacheAction {
  readonly options: readonly OptionName[];
  readonly run: (context: CommandContext, options: CacheOptions) => Promise<void>;
}

const ACTIONS: Readonly<Record<string, CacheAction>> = {
  du: { options: ["human"], run: usage },
  prune: { options: ["maxBytes", "dryRun"], run: prune },
};

const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = {
  human: { flags: "-h, --human", description: "du: sizes as 1.50 MiB" },
  maxBytes: {
    flags: "--max-bytes <size>",
    description: "prune: what the blobs may take; else runs.cache-size; 0 deletes all",
    parse: byteSize,
  },
  dryRun: DRY_RUN,
};

export const command: CommandSpec = {
  arguments: [{ syntax: "<action>", description: "du: what there is; prune: delete blobs" }],
  options: Object.values(OPTIONS),
  description:
    "What is read of runs in S3 and Azure is kept in the user's cache folder, up to the setting\n" +
    "runs.cache-size, and catalogues by which runs are found beside it. Nothing of it is needed: it is\n" +
    "read from the stores again.\n\n" +
    "du: folders, entries and bytes on the disk. prune: deletes the blobs that were used longest ago,\n" +
    "of all stores, until the others take no more than they may; catalogues stay.",
  examples: [
    ["lode cache du -h", "how much disk it takes"],
    ["lode cache prune --max-bytes 500MiB", "keep what was used last"],
    ["lode cache prune --max-bytes 0 --dry-run", "what would deleting all of it free?"],
  ],
  changes: true,
  async run(context, [given], options: CacheOptions) {
    const name = String(given);
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      const known = didYouMean(name, Object.keys(ACTIONS)) || "; write du or prune";
      throw invalid(`lode cache cannot ${JSON.stringify(name)}${known}`);
    }
    for (const option of Object.keys(OPTIONS) as OptionName[]) {
      if (options[option] === undefined || action.options.includes(option)) continue;
      const [flag] = OPTIONS[option].flags.match(/--[a-z-]+/) ?? [];
      throw invalid(`lode cache ${name} has no option ${flag}; see lode cache --help`);
    }
    await action.run(context, options);
  },
};

async function usage(
  { app, json, out }: CommandContext,
  { human = false }: CacheOptions,
): Promise<void> {
  const { cacheUsage } = await import("../../app/operations/index.js");
  const contents = await cacheUsage(app);
  if (!json) for (const line of cacheLines(contents, human)) out.line(line);
  for (const [kind, part] of json ? Object.entries(contents) : []) {
    out.line(jsonLine({ type: "cache", kind, ...part }));
  }
}

async function prune(
  { app, json, notices, out }: CommandContext,
  { maxBytes, dryRun = false }: CacheOptions,
): Promise<void> {
  const { pruneCache } = await import("../../app/operations/index.js");
  const pruned = await pruneCache(app, { maxBytes, dryRun });
  if (json) out.line(jsonLine({ type: "pruned", kind: "blobs", dryRun, ...pruned }));
  const verb = dryRun ? "would be deleted" : "deleted";
  notices.line(`${usageText(pruned.freed)} ${verb}, ${usageText(pruned.left)} left`);
}

function usageText({ entries, bytes }: CacheUsage): string {
  return `${entries} ${entries === 1 ? "entry" : "entries"} (${formatSize(bytes, true)})`;
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
