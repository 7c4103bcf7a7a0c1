import { toLodeError } from "../../errors.js";
import type { SummaryEvent, TransferEvent } from "../../storage/transfer/index.js";

/** Failures that a summary lists; all of them were items too. */
const MAX_FAILURES = 1000;

/**
 * Runs transfers one after the other as if they were one: counts go on from one to the next and one
 * summary ends them all. A failure of a run as a whole ends the rest.
 */
export async function* joinTransfers(
  transfers: Iterable<AsyncIterable<TransferEvent>>,
  dryRun: boolean,
): AsyncGenerator<TransferEvent, void, undefined> {
  const startedAt = performance.now();
  let sum: SummaryEvent = {
    type: "summary",
    dryRun,
    aborted: false,
    copied: 0,
    deleted: 0,
    skipped: 0,
    failed: 0,
    planned: 0,
    bytes: 0,
    resumedBytes: 0,
    seconds: 0,
    failures: [],
  };
  let stopped: unknown;
  for (const transfer of transfers) {
    try {
      for await (const event of transfer) {
        if (event.type === "summary") sum = added(sum, event);
        else yield shifted(event, sum);
      }
    } catch (error) {
      stopped = error;
      break;
    }
  }
  yield { ...sum, seconds: (performance.now() - startedAt) / 1000 };
  if (stopped !== undefined) throw toLodeError(stopped, "transfer");
}

function shifted(event: Exclude<TransferEvent, SummaryEvent>, sum: SummaryEvent): TransferEvent {
  const objects = sum.copied + sum.deleted + sum.skipped + sum.failed + sum.planned;
  if (event.type === "plan") {
    const bytes = event.bytes === undefined ? undefined : event.bytes + sum.bytes;
    return { ...event, objects: event.objects + objects, bytes };
  }
  if (event.type !== "progress") return event;
  const { totalBytes, totalObjects } = event;
  return {
    ...event,
    bytes: event.bytes + sum.bytes,
    objects: event.objects + objects,
    failed: event.failed + sum.failed,
    totalBytes: totalBytes === undefined ? undefined : totalBytes + sum.bytes,
    totalObjects: totalObjects === undefined ? undefined : totalObjects + objects,
  };
}

function added(sum: SummaryEvent, next: SummaryEvent): SummaryEvent {
  return {
    ...sum,
    aborted: sum.aborted || next.aborted,
    copied: sum.copied + next.copied,
    deleted: sum.deleted + next.deleted,
    skipped: sum.skipped + next.skipped,
    failed: sum.failed + next.failed,
    planned: sum.planned + next.planned,
    bytes: sum.bytes + next.bytes,
    resumedBytes: sum.resumedBytes + next.resumedBytes,
    failures: [...sum.failures, ...next.failures].slice(0, MAX_FAILURES),
  };
}
