import { errorToJson } from "../../errors.js";
import type { ItemEvent, SummaryEvent, TransferEvent } from "../../storage/transfer/index.js";
import type { CommandContext } from "../command.js";
import { formatRate, formatSize, jsonLine, plural, showProgress } from "../render/index.js";

/**
 * Shows a transfer as it goes: progress on the terminal, each object with `-v` (or as a line of
 * JSON, or in a dry run as data), failures always, a summary at the end. Throws what failed.
 */
export async function runTransfer(
  context: CommandContext,
  label: string,
  events: AsyncIterable<TransferEvent>,
): Promise<SummaryEvent> {
  const { json, notices, out } = context;
  let summary: SummaryEvent | undefined;
  // The only failure of a run ends the command with its own message; telling it twice helps nobody.
  let held: ItemEvent | undefined;
  const tellHeld = () => {
    if (held !== undefined) notices.line(`lode: ${itemText(held)}`);
    held = undefined;
  };
  for await (const event of events) {
    if (event.type === "progress") showProgress(notices, label, event);
    else if (event.type === "warning") notices.warn(event.message);
    else if (event.type === "item") {
      if (json) out.line(jsonLine(itemJson(event)));
      else if (event.status === "planned") out.line(itemText(event));
      tellHeld();
      if (event.status === "failed") held = event;
      else notices.info(itemText(event));
      await out.ready();
    } else if (event.type === "summary") {
      summary = event;
      if (countOf(event) > 1) tellHeld();
      if (json) out.line(jsonLine(summaryJson(event)));
    }
  }
  notices.clearStatus();
  if (summary === undefined) throw new Error("a transfer without a summary");
  // As in cp and rm of a shell, one object that was moved needs no words.
  if (countOf(summary) > 1 || summary.dryRun) notices.line(summaryText(summary));
  else notices.info(summaryText(summary));
  const { throwIfFailed } = await import("../../storage/transfer/index.js");
  throwIfFailed(summary);
  return summary;
}

function countOf({ failed, copied, deleted, skipped, planned }: SummaryEvent): number {
  return failed + copied + deleted + skipped + planned;
}

function itemText(event: ItemEvent): string {
  const arrow = event.target === undefined ? "" : ` -> ${event.target}`;
  const what = `${event.source}${arrow}`;
  if (event.status === "failed") {
    return `${event.action} ${what} failed: ${event.error?.message ?? "unknown"} [${event.error?.code ?? "unexpected"}]`;
  }
  if (event.status === "planned") return `would ${event.action} ${what}`;
  if (event.status === "skipped") return `skipped ${what} (${event.reason ?? "nothing to do"})`;
  return `${PAST[event.action]} ${what}`;
}

const PAST = { copy: "copied", move: "moved", delete: "deleted" } as const;

function itemJson(event: ItemEvent): Record<string, unknown> {
  const { error, ...facts } = event;
  return error === undefined ? { ...facts } : { ...facts, error: errorToJson(error) };
}

function summaryJson(summary: SummaryEvent): Record<string, unknown> {
  const { failures: _, ...facts } = summary;
  return { ...facts, seconds: Math.round(summary.seconds * 1000) / 1000 };
}

function summaryText(summary: SummaryEvent): string {
  const { copied, deleted, skipped, failed, planned, bytes, resumedBytes, seconds } = summary;
  const parts: string[] = [];
  if (summary.dryRun) parts.push(`${plural(planned, "object")} planned, nothing changed`);
  if (copied > 0) {
    const rate = formatRate(bytes, seconds);
    parts.push(
      `${plural(copied, "object")}, ${formatSize(bytes, true)} in ${seconds.toFixed(2)} s (${rate})`,
    );
  }
  if (resumedBytes > 0) parts.push(`${formatSize(resumedBytes, true)} resumed`);
  if (deleted > 0) parts.push(`${plural(deleted, "object")} deleted`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join(", ");
}
