import { describe, expect, it } from "vitest";
import { joinTransfers } from "../../../src/app/transfers/join-transfers.js";
import { LodeError } from "../../../src/errors.js";
import type { SummaryEvent, TransferEvent } from "../../../src/storage/transfer/index.js";

const SUMMARY: SummaryEvent = {
  type: "summary",
  dryRun: false,
  aborted: false,
  copied: 2,
  deleted: 0,
  skipped: 1,
  failed: 0,
  planned: 0,
  bytes: 10,
  resumedBytes: 0,
  seconds: 1,
  failures: [],
};

async function* transfer(): AsyncGenerator<TransferEvent> {
  yield { type: "plan", objects: 3, bytes: 10, final: true };
  yield {
    type: "progress",
    bytes: 5,
    objects: 1,
    failed: 0,
    totalBytes: 10,
    totalObjects: 3,
    elapsedSeconds: 1,
    bytesPerSecond: 5,
  };
  yield SUMMARY;
}

async function* failing(): AsyncGenerator<TransferEvent> {
  yield* transfer();
  throw new LodeError({ code: "connection", message: "gone" });
}

describe("joinTransfers", () => {
  it("counts on from one transfer to the next and ends in one summary", async () => {
    const events: TransferEvent[] = [];
    for await (const event of joinTransfers([transfer(), transfer()], false)) events.push(event);
    expect(events.map((event) => event.type)).toEqual([
      "plan",
      "progress",
      "plan",
      "progress",
      "summary",
    ]);
    expect(events[2]).toMatchObject({ objects: 6, bytes: 20 });
    expect(events[3]).toMatchObject({ bytes: 15, objects: 4, totalBytes: 20, totalObjects: 6 });
    expect(events[4]).toMatchObject({ copied: 4, skipped: 2, bytes: 20 });
  });

  it("gives the summary also of what failed, and begins nothing after it", async () => {
    const events: TransferEvent[] = [];
    const run = async () => {
      for await (const event of joinTransfers([failing(), transfer()], false)) events.push(event);
    };
    await expect(run()).rejects.toMatchObject({ code: "connection" });
    expect(events.at(-1)).toMatchObject({ type: "summary", copied: 2 });
    expect(events).toHaveLength(3);
  });
});
