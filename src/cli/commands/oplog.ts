import type { LogOptions } from "../../app/operations/index.js";
import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, CommandSpec, OptionSpec } from "../command.js";
import { DRY_RUN, wholeNumber } from "../option-parsers.js";
import { jsonLine, plural, showProgress, summaryPlots, summaryTable } from "../render/index.js";

interface OplogOptions {
  readonly meta?: boolean;
  readonly plot?: boolean;
  readonly ascii?: boolean;
  readonly replace?: boolean;
  readonly csv?: boolean;
  readonly op?: string;
  readonly since?: string;
  readonly until?: string;
  readonly errors?: boolean;
  readonly file?: string;
  readonly first?: number;
  readonly last?: number;
  readonly output?: string;
  readonly dryRun?: boolean;
}

type OptionName = keyof OplogOptions;

interface Action {
  readonly options: readonly OptionName[];
  readonly run: (
    context: CommandContext,
    logs: readonly string[],
    options: OplogOptions,
  ) => Promise<void>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  summary: { options: ["meta", "plot", "ascii"], run: summary },
  sort: { options: ["replace", "dryRun"], run: sort },
  cat: {
    options: [
      ...(["op", "since", "until", "errors", "file", "first", "last"] as const),
      ...(["csv", "output", "replace", "dryRun"] as const),
    ],
    run: cat,
  },
};

const ROWS = { parse: wholeNumber("a number of rows", 1, 10_000_000) };

const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = {
  meta: { flags: "--meta", description: "summary: count LIST, STAT and DELETE together" },
  plot: { flags: "--plot", description: "summary: also throughput and latency over time" },
  ascii: { flags: "--ascii", description: "summary: plots of ASCII characters only" },
  op: { flags: "--op <words>", description: "cat: only these operations, such as GET,PUT" },
  since: { flags: "--since <time>", description: "cat: only what began then (RFC 3339) or later" },
  until: { flags: "--until <time>", description: "cat: only what began before" },
  errors: { flags: "--errors", description: "cat: only requests that failed" },
  file: { flags: "--file <glob>", description: "cat: only keys that match" },
  first: { flags: "--first <n>", description: "cat: at most so many rows", ...ROWS },
  last: { flags: "--last <n>", description: "cat: only the last so many rows", ...ROWS },
  csv: { flags: "--csv", description: "cat: separate fields by commas, not tabs" },
  output: { flags: "-o, --output <file>", description: "cat: into a compressed log (.tsv.zst)" },
  replace: { flags: "--replace", description: "sort, cat -o: take the place of a file" },
  dryRun: DRY_RUN,
};

export const command: CommandSpec = {
  arguments: [
    { syntax: "<action>", description: "summary, sort or cat" },
    { syntax: "<log...>", description: "logs: paths, URIs, or - for standard input" },
  ],
  options: Object.values(OPTIONS),
  description:
    "Reads operation logs of lode, of MinIO warp and of s3dlio, compressed or not, of any size.\n\n" +
    "summary: figures of each operation and range of sizes, of all logs together. Rates are over the\n" +
    "time from an operation's first start to its last end; latencies are of requests that succeeded.\n" +
    "sort LOG [TARGET]: the same rows in the order of their starts, into a new log, or with --replace\n" +
    "in place. cat: rows as text, or as JSON lines.",
  examples: [
    ["lode oplog summary run.tsv.zst", "how fast each operation was"],
    ["lode oplog summary --plot run.tsv.zst", "and how that went on"],
    ["lode oplog summary --json rank-*.tsv.zst", "several clients of one run"],
    ["lode oplog sort run.tsv.zst sorted.tsv.zst", "by start"],
    ["lode oplog cat --op GET --errors run.tsv.zst", "reads that failed"],
    ["lode oplog cat --file 'train/**' -o train.tsv.zst run.tsv.zst", "a log of some keys"],
  ],
  changes: true,
  async run(context, [given, logs], options: OplogOptions) {
    const name = String(given);
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      const known = didYouMean(name, Object.keys(ACTIONS)) || "; write summary, sort or cat";
      throw invalid(`lode oplog cannot ${JSON.stringify(name)}${known}`);
    }
    for (const option of Object.keys(OPTIONS) as OptionName[]) {
      if (options[option] === undefined || action.options.includes(option)) continue;
      const [flag] = OPTIONS[option].flags.match(/--[a-z-]+/) ?? [];
      throw invalid(`lode oplog ${name} has no option ${flag}; see lode oplog --help`);
    }
    await action.run(context, logs as readonly string[], options);
  },
};

async function summary(
  context: CommandContext,
  logs: readonly string[],
  { meta, plot, ascii }: OplogOptions,
): Promise<void> {
  const { summarizeLogs } = await import("../../app/operations/index.js");
  const { config, json, notices, out } = context;
  const watch = watchReading(context);
  const told = await summarizeLogs(context.app, logs, { meta, series: plot, ...watch });
  notices.clearStatus();
  if (json) {
    out.line(jsonLine({ type: "oplog-summary", ...told }));
    return;
  }
  for (const line of summaryTable(told)) out.line(line);
  if (told.series === undefined) return;
  const style = {
    width: Math.max(40, notices.columns),
    height: 9,
    ascii: ascii === true || !isUtf8(config.environment),
  };
  for (const line of summaryPlots(told.series, style)) out.line(line);
}

async function sort(
  context: CommandContext,
  logs: readonly string[],
  { replace, dryRun }: OplogOptions,
): Promise<void> {
  const [log = "", given] = logs;
  if (logs.length > 2 || (given === undefined && (replace !== true || log === "-"))) {
    throw invalid(
      "lode oplog sort takes a log and a target (lode oplog sort LOG TARGET), or sorts in place (lode oplog sort --replace LOG)",
    );
  }
  const { json, notices, out } = context;
  const target = given ?? log;
  if (dryRun === true) {
    notices.line(`would write the rows of ${log} by their starts into ${target}`);
    return;
  }
  const { sortLog } = await import("../../app/operations/index.js");
  const stats = await sortLog(context.app, log, target, {
    replace,
    onWritten: (rows) => notices.status(`sort  ${plural(rows, "row")} written`),
    ...watchReading(context),
  });
  notices.clearStatus();
  if (json) out.line(jsonLine({ type: "oplog-sort", ...stats }));
  else notices.line(`${plural(stats.rows, "row")} in ${stats.path}`);
}

async function cat(
  context: CommandContext,
  logs: readonly string[],
  options: OplogOptions,
): Promise<void> {
  const { copyLogRows, selectLogRows } = await import("../../app/operations/index.js");
  const { app, config, json, notices, out } = context;
  const { csv, op, output, replace, dryRun, ...criteria } = options;
  const selection = { ...criteria, ops: op?.split(","), ...watchReading(context) };
  const columns = config.get("oplog.columns") === "15" ? 15 : 13;
  if (output !== undefined) {
    if (csv === true) throw invalid("a log in a file has tabs: leave --csv or -o out");
    if (dryRun === true) {
      notices.line(`would write rows of ${logs.join(", ")} into ${output}`);
      return;
    }
    const stats = await copyLogRows(app, logs, output, { ...selection, columns, replace });
    notices.clearStatus();
    if (json) out.line(jsonLine({ type: "oplog-cat", ...stats }));
    else notices.line(`${plural(stats.rows, "row")} in ${stats.path}`);
    return;
  }
  const { entryToJson, formatRow, headerLine } = await import("../../oplog/index.js");
  const delimiter = csv === true ? "," : "\t";
  if (!json) out.line(headerLine(columns, delimiter).trimEnd());
  let index = 0;
  for await (const rows of selectLogRows(app, logs, selection)) {
    for (const row of rows) {
      const line = json
        ? jsonLine(entryToJson({ ...row, index }))
        : formatRow(row, index, columns, delimiter).slice(0, -1);
      index++;
      out.line(line);
    }
    await out.ready();
    // Its reader has what it wants, such as head.
    if (out.closed.aborted) return;
  }
}

/** How the reading of logs is watched: a progress line, and warnings of what is not whole. */
function watchReading({ notices, stdin }: CommandContext): LogOptions {
  return {
    stdin,
    onProgress(log, { rows, bytes, totalBytes, seconds }) {
      const bytesPerSecond = bytes / Math.max(seconds, 1e-6);
      const state = { bytes, totalBytes, objects: rows, failed: 0, bytesPerSecond, noun: "rows" };
      showProgress(notices, log, state);
    },
    onTruncated: (log, { message }) => notices.warn(`${log}: ${message}`),
    onDropped(log, rows) {
      notices.warn(`${log}: its writer had to drop ${plural(rows, "row")}, which are missing`);
    },
  };
}

/** Whether the locale writes characters as UTF-8, as POSIX tells it. */
function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return /utf-?8/i.test(locale);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
