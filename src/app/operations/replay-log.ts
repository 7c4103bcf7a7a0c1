import { formatStoreUri, SCHEMES } from "../../core/index.js";
import { LodeError, toLodeError } from "../../errors.js";
import type { PrepareResult, ReplayOptions, ReplayResult, TargetRule } from "../../oplog/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { formatParameters } from "../split-location.js";
import { type LogOptions, readLog } from "./read-log.js";

export interface ReplayLogOptions
  extends Omit<ReplayOptions, "openStore" | "signal" | "maps" | "clock">,
    Omit<LogOptions, "onProgress"> {
  /** Rules as a user writes them: `FROM=TO`, several of one FROM for several targets. */
  readonly maps?: readonly string[] | undefined;
  /** Write first what the log reads and is not there. The log is read twice. */
  readonly prepare?: boolean | undefined;
  readonly onPrepared?: ((done: PrepareResult) => void) | undefined;
}

export interface ReplayLogResult {
  readonly prepared?: PrepareResult | undefined;
  readonly result: ReplayResult;
  /** What ended it early; the figures are those up to then. */
  readonly failure?: LodeError | undefined;
}

/**
 * Replays an operation log that a path, a URI or `-` names. Throws `invalid-argument`, and what
 * preparing throws; what happens once the replay has begun is told with its figures.
 */
export async function replayLog(
  app: AppContext,
  log: string,
  options: ReplayLogOptions,
): Promise<ReplayLogResult> {
  const { Replay, prepareReplay } = await import("../../oplog/index.js");
  const { cwd } = app.config;
  const { to, maps, stdin, onTruncated, onDropped, prepare, ...given } = options;
  const replayOptions = {
    ...given,
    to: to === undefined ? undefined : folderUri(to, cwd),
    maps: maps === undefined ? undefined : targetRules(maps, cwd),
    openStore: (uri: string) => app.stores.store(uri),
    signal: app.signal,
  };
  const replay = new Replay(replayOptions);
  const rows = () => readLog(app, log, { stdin, onTruncated, onDropped });
  let prepared: PrepareResult | undefined;
  if (prepare === true) {
    if (log === "-") {
      throw invalid(
        "a log that is prepared for is read twice, which standard input cannot be: save it to a file",
      );
    }
    // Told about once, by the reading that the replay does.
    const quiet = { onTruncated: () => undefined };
    prepared = await prepareReplay(readLog(app, log, quiet), {
      ...replayOptions,
      onOperation: undefined,
    });
  }
  try {
    return { prepared, result: await replay.run(rows()) };
  } catch (error) {
    const { result } = replay;
    if (result.begun === 0 && !app.signal.aborted) throw error;
    return { prepared, result, failure: toLodeError(error, "replay") };
  }
}

/** What stands before the target in `FROM=TO`: keys may hold `=` themselves. */
const RULE = new RegExp(`^(.+?)=((?:${SCHEMES.join("|")})://.*|\\.{0,2}/.*|\\.{1,2})$`, "s");

/** Rules from `FROM=TO`; a FROM that comes again has one target more. */
export function targetRules(maps: readonly string[], cwd: string): TargetRule[] {
  const targets = new Map<string, string[]>();
  for (const text of maps) {
    const [, from, to] = RULE.exec(text) ?? [];
    if (from === undefined || to === undefined) {
      throw invalid(
        `${JSON.stringify(text)} is no rule: write FROM=TO, where TO is a URI such as s3://bucket/folder or a path that begins with / or ./`,
      );
    }
    const known = targets.get(from) ?? [];
    known.push(folderUri(to, cwd));
    targets.set(from, known);
  }
  return [...targets].map(([from, to]) => ({ from, to }));
}

/** The URI of the store that a place stands for as a whole. */
function folderUri(text: string, cwd: string): string {
  const { uri } = locationOf(text, cwd);
  const key = uri.key.replace(/\/+$/, "");
  return `${formatStoreUri({ ...uri, key })}${formatParameters(uri)}`;
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
