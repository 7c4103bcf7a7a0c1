import { parseDuration } from "../../app/config/index.js";
import type { ReplayLogResult } from "../../app/operations/index.js";
import { errorToJson, LodeError } from "../../errors.js";
import type { ReplayedOperation, ReplayProgress } from "../../oplog/index.js";
import type { CommandContext, CommandSpec } from "../command.js";
import { DRY_RUN, jobsOption, wholeNumber } from "../option-parsers.js";
import { formatSize, jsonLine, plural, replayTable, showProgress } from "../render/index.js";

interface ReplayCommandOptions {
  readonly to?: string;
  readonly map?: readonly string[];
  readonly sticky?: boolean;
  readonly inPlace?: boolean;
  readonly speed: number | "max";
  readonly closedLoop?: boolean;
  readonly jobs: number;
  readonly op?: string;
  readonly limit?: number;
  readonly duration?: number;
  readonly skipFailed?: boolean;
  readonly failFast?: boolean;
  readonly prepare?: boolean;
  readonly window?: number;
  readonly seed?: string;
  readonly dryRun?: boolean;
}

/** With --json a line of progress about each second. */
const JSON_PROGRESS_SECONDS = 1;

export const command: CommandSpec = {
  arguments: [{ syntax: "<log>", description: "a path, a URI, or - for standard input" }],
  options: [
    { flags: "--to <uri>", description: "do all below this bucket or folder" },
    {
      flags: "--map <from=to>",
      description:
        "what lies at FROM (a server's URL, a bucket's URI, a folder of keys) goes to TO",
      repeatable: true,
    },
    {
      flags: "--sticky",
      description: "of several TO the one that the key's hash says, not in turn",
    },
    { flags: "--in-place", description: "write to the places in the log, over what is there" },
    {
      flags: "-s, --speed <factor>",
      description: "0.01 to 1000 times as fast as the log, or max",
      parse: speed,
      default: 1,
    },
    {
      flags: "--closed-loop",
      description: "each thread of the log waits for its last operation, then pauses as in the log",
    },
    { ...jobsOption(64), description: "operations at a time" },
    { flags: "--op <words>", description: "only these operations, such as GET,PUT" },
    {
      flags: "--limit <n>",
      description: "at most so many operations",
      parse: wholeNumber("--limit", 1, Number.MAX_SAFE_INTEGER),
    },
    {
      flags: "--duration <time>",
      description: "begin nothing after that time, such as 90s",
      parse: parseDuration,
    },
    { flags: "--skip-failed", description: "leave out reads that failed in the log" },
    { flags: "--fail-fast", description: "end at the first operation that fails" },
    {
      flags: "--prepare",
      description: "first write what the log reads and is not there (reads the log twice)",
    },
    {
      flags: "--window <rows>",
      description: "rows held to bring them into the order of their starts",
      parse: wholeNumber("--window", 1, 100_000_000),
      default: 65_536,
    },
    { flags: "--seed <text>", description: "what is written follows from it", default: "replay" },
    DRY_RUN,
  ],
  description:
    "Each operation begins at its time in the log, whatever the others do; how late it was is told.\n" +
    "Same keys, sizes and ranges; what is written are random bytes. --op-log FILE writes the log of\n" +
    "the replay. Nothing is written unless --to, --map or --in-place says where, and no server is\n" +
    "asked because the log names it. A log need not be sorted, if it is in the order of ends.\n\n" +
    "--map may be given several times. The rule that covers most of the key wins; several TO of one\n" +
    "FROM take turns. Ctrl-C ends a replay with the figures so far.",
  examples: [
    ["lode replay --to s3://test/replay/ --prepare run.tsv.zst", "against an empty bucket"],
    ["lode replay -s 10x --op GET run.tsv.zst", "only the reads, ten times as fast"],
    [
      "lode replay --map http://10.0.0.5:9000=s3://a --map http://10.0.0.5:9000=s3://b run.tsv.zst",
      "one server's requests to two buckets in turn",
    ],
    ["lode replay --dry-run --to s3://test run.tsv.zst", "what would be done"],
  ],
  changes: true,
  async run(context, [log], options: ReplayCommandOptions) {
    const { replayLog } = await import("../../app/operations/index.js");
    const { app, notices, stdin } = context;
    const { map, jobs, op, duration, window, ...given } = options;
    const outcome = await replayLog(app, log as string, {
      to: given.to,
      maps: map,
      sticky: given.sticky,
      inPlace: given.inPlace,
      speed: given.speed,
      closedLoop: given.closedLoop,
      concurrency: jobs,
      ops: op?.split(","),
      limit: given.limit,
      durationMs: duration,
      skipFailed: given.skipFailed,
      failFast: given.failFast,
      prepare: given.prepare,
      windowRows: window,
      seed: given.seed,
      dryRun: given.dryRun,
      stdin,
      onTruncated: (name, { message }) => notices.warn(`${name}: ${message}`),
      onDropped: (name, rows) =>
        notices.warn(`${name}: its writer had to drop ${plural(rows, "row")}, which are missing`),
      ...watch(context, given.dryRun === true),
    });
    notices.clearStatus();
    show(context, outcome);
  },
};

function speed(text: string): number | "max" {
  if (text === "max") return text;
  const factor = Number(text.replace(/x$/, ""));
  if (factor >= 0.01 && factor <= 1000) return factor;
  throw new LodeError({
    code: "invalid-argument",
    message: `a speed of ${JSON.stringify(text)} cannot be kept: give 0.01 to 1000, such as 0.5 or 10x, or max`,
  });
}

/** How a replay is watched: progress, failures as they happen, and the rows of a dry run. */
function watch({ json, notices, out }: CommandContext, dryRun: boolean) {
  let toldAt = 0;
  return {
    onProgress(progress: ReplayProgress) {
      const { done, failed, bytes, seconds, running, latenessMs } = progress;
      const label = `replay  ${running} running, ${latenessMs.toFixed(1)} ms late`;
      const bytesPerSecond = bytes / Math.max(seconds, 1e-6);
      showProgress(notices, label, {
        bytes,
        objects: done,
        failed,
        bytesPerSecond,
        noun: "operations",
      });
      if (!json || seconds - toldAt < JSON_PROGRESS_SECONDS) return;
      toldAt = seconds;
      out.line(jsonLine({ type: "replay-progress", ...progress }));
    },
    onPrepared({ written, objects }: { readonly written: number; readonly objects: number }) {
      notices.status(`prepare  ${written} written of ${plural(objects, "object")}`);
    },
    async onOperation(operation: ReplayedOperation) {
      const { row, status } = operation;
      const { index: idx, op, bytes, offset } = row;
      if (status === "failed") {
        const { error, target } = operation;
        const uri = `${target.uri}/${target.key}`;
        notices.info(`lode: ${op} ${uri}: ${error.message} [${error.code}]`);
        if (json)
          out.line(jsonLine({ type: "item", status, idx, op, uri, error: errorToJson(error) }));
      } else if (json && dryRun && status === "planned") {
        const uri = `${operation.target.uri}/${operation.target.key}`;
        out.line(jsonLine({ type: "item", status, idx, op, uri, bytes, offset }));
      } else if (json && dryRun && status === "skipped") {
        out.line(jsonLine({ type: "item", status, idx, op, reason: operation.reason }));
      } else return;
      await out.ready();
    },
  };
}

/** The figures, and then what failed as an error. */
function show({ json, out }: CommandContext, outcome: ReplayLogResult): void {
  const { prepared, result, failure } = outcome;
  if (json) out.line(jsonLine({ type: "replay", ...result, prepared }));
  else {
    if (prepared !== undefined) out.line(preparedText(outcome));
    for (const line of replayTable(result)) out.line(line);
  }
  if (failure !== undefined) throw failure;
  const unexpected = result.failed - result.failedInLog;
  if (unexpected === 0) return;
  const [first] = result.failures;
  throw new LodeError({
    code: "partial-failure",
    message: `${unexpected} of ${plural(result.begun, "operation")} failed that succeeded in the log: ${first?.example}`,
    details: { failed: unexpected, succeeded: result.done },
  });
}

function preparedText({ prepared, result }: ReplayLogResult): string {
  const { objects = 0, bytes = 0, written, writtenBytes = 0, tooShort = 0 } = prepared ?? {};
  const needed = `${plural(objects, "object")} of ${formatSize(bytes, true)} needed`;
  if (result.dryRun) return `prepare: ${needed}`;
  const short = tooShort > 0 ? `, ${tooShort} there but too short` : "";
  return `prepare: ${needed}, ${written} of ${formatSize(writtenBytes, true)} written${short}`;
}
