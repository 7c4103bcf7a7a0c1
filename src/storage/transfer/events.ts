import { LodeError } from "../../errors.js";

export type TransferAction = "copy" | "move" | "delete";

/** How the bytes went: in one put, in parts, or not through this process at all. */
export type TransferMethod = "put" | "multipart" | "server-copy" | "rename";

/** What is to do, as far as it is known; told again whenever more is listed. */
export interface PlanEvent {
  readonly type: "plan";
  readonly objects: number;
  /** Undefined while sizes are unknown. */
  readonly bytes: number | undefined;
  /** True once nothing more can be added. */
  readonly final: boolean;
}

/** How far it is; at most one every `progressInterval` milliseconds. */
export interface ProgressEvent {
  readonly type: "progress";
  /** Bytes stored so far, with those that an earlier run had stored. */
  readonly bytes: number;
  /** Objects done with, in whatever way. */
  readonly objects: number;
  readonly failed: number;
  readonly totalBytes: number | undefined;
  readonly totalObjects: number | undefined;
  readonly elapsedSeconds: number;
  /** Over the last few seconds, without what an earlier run had stored. */
  readonly bytesPerSecond: number;
}

/** One object is done with. */
export interface ItemEvent {
  readonly type: "item";
  readonly action: TransferAction;
  /** `planned` in a dry run only. */
  readonly status: "done" | "failed" | "skipped" | "planned";
  /** The source's key; for a deletion the key deleted. */
  readonly key: string;
  readonly source: string;
  /** Absent for a deletion. */
  readonly target?: string | undefined;
  readonly bytes: number;
  readonly method?: TransferMethod | undefined;
  readonly etag?: string | undefined;
  readonly crc32c?: number | undefined;
  /** Bytes that an earlier run had stored. */
  readonly resumedBytes?: number | undefined;
  /** Why it was skipped, or is planned. */
  readonly reason?: string | undefined;
  readonly error?: LodeError | undefined;
}

/** Something a user should know and that is no failure. */
export interface WarningEvent {
  readonly type: "warning";
  readonly code: string;
  readonly message: string;
  readonly key?: string | undefined;
}

export interface TransferFailure {
  readonly key: string;
  readonly uri: string;
  readonly error: LodeError;
}

/** The last event of every run, also of an aborted one. */
export interface SummaryEvent {
  readonly type: "summary";
  readonly dryRun: boolean;
  readonly aborted: boolean;
  /** Objects copied or moved. */
  readonly copied: number;
  readonly deleted: number;
  readonly skipped: number;
  readonly failed: number;
  /** Objects a dry run would have touched. */
  readonly planned: number;
  /** Bytes stored by this run (planned ones in a dry run). */
  readonly bytes: number;
  readonly resumedBytes: number;
  readonly seconds: number;
  /** The first 1,000; every failure was an `item` too. */
  readonly failures: readonly TransferFailure[];
}

export type TransferEvent = PlanEvent | ProgressEvent | ItemEvent | WarningEvent | SummaryEvent;

/**
 * Throws what went wrong: the failure itself where a single object was all there was to do, else
 * `partial-failure` whose `details.failures` lists each.
 */
export function throwIfFailed(summary: SummaryEvent): void {
  const [first] = summary.failures;
  if (first === undefined) return;
  const succeeded = summary.copied + summary.deleted + summary.skipped + summary.planned;
  if (summary.failed === 1 && succeeded === 0) throw first.error;
  const more = summary.failed > 1 ? ` and ${summary.failed - 1} more` : "";
  throw new LodeError({
    code: "partial-failure",
    message: `${summary.failed} of ${summary.failed + succeeded} objects failed: ${first.uri} (${first.error.code})${more}`,
    details: {
      failed: summary.failed,
      succeeded,
      failures: summary.failures.map(({ key, uri, error }) => ({
        key,
        uri,
        code: error.code,
        message: error.message,
      })),
    },
  });
}

/** Runs a transfer to its end. Throws what {@link throwIfFailed} throws. */
export async function finishTransfer(events: AsyncIterable<TransferEvent>): Promise<SummaryEvent> {
  let summary: SummaryEvent | undefined;
  for await (const event of events) if (event.type === "summary") summary = event;
  if (summary === undefined) {
    throw new LodeError({
      code: "unexpected",
      message: "the transfer ended without a summary",
    });
  }
  throwIfFailed(summary);
  return summary;
}
