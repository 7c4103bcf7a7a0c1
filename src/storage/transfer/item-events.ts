import type { LodeError } from "../../errors.js";
import type { CopyOutcome } from "./copy-context.js";
import type { ItemEvent } from "./events.js";

/** What is known of an item before it is worked on. */
export type ItemAbout = Pick<ItemEvent, "action" | "key" | "source" | "target" | "reason">;

// Written out field by field: an object built by spreading costs more than a small object's copy.

export function doneItem(about: ItemAbout, outcome: CopyOutcome): ItemEvent {
  return {
    type: "item",
    action: about.action,
    status: "done",
    key: about.key,
    source: about.source,
    target: about.target,
    bytes: outcome.bytes,
    method: outcome.method,
    etag: outcome.etag,
    crc32c: outcome.crc32c,
    resumedBytes: outcome.resumedBytes > 0 ? outcome.resumedBytes : undefined,
    reason: about.reason,
  };
}

export function failedItem(about: ItemAbout, error: LodeError): ItemEvent {
  return { type: "item", ...about, status: "failed", bytes: 0, error };
}

export function skippedItem(about: ItemAbout, reason: string): ItemEvent {
  return { type: "item", ...about, status: "skipped", bytes: 0, reason };
}

export function plannedItem(about: ItemAbout, bytes: number): ItemEvent {
  return { type: "item", ...about, status: "planned", bytes };
}
