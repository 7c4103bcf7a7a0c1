import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../src/cli/command.js";
import { runTransfer } from "../../../src/cli/commands/run-transfer.js";
import { Notices, Output, progressText, safeForTerminal } from "../../../src/cli/render/index.js";
import type { TransferEvent } from "../../../src/storage/transfer/index.js";

describe("progressText", () => {
  const state = { bytes: 0, objects: 0, failed: 0, bytesPerSecond: 0 };

  it("shows bytes, rate, remaining time, objects and failures", () => {
    const text = progressText("copy", {
      bytes: 12 * 2 ** 20,
      totalBytes: 24 * 2 ** 20,
      objects: 1,
      totalObjects: 2,
      failed: 1,
      bytesPerSecond: 6 * 2 ** 20,
    });
    expect(text).toBe(
      "copy  [############............]  12.0 MiB/24.0 MiB  50%  6.00 MiB/s  ETA 0:02  1/2 objects  1 failed",
    );
  });

  it("shows what is known while the plan grows", () => {
    expect(progressText("copy", { ...state, bytes: 100 })).toBe("copy  100 B  0 B/s  0 objects");
  });

  it("goes by objects where there are no bytes", () => {
    const text = progressText("delete", { ...state, objects: 5, totalObjects: 10 });
    expect(text).toMatch(/50%.*5\/10 objects/);
  });
});

function terminal(isTTY: boolean, columns = 200) {
  let text = "";
  const stream = { isTTY, columns, write: (more: string) => (text += more) };
  return { stream, read: () => text };
}

async function* events(): AsyncGenerator<TransferEvent> {
  yield { type: "plan", objects: 2, bytes: 20, final: true };
  yield {
    type: "progress",
    bytes: 10,
    objects: 1,
    failed: 0,
    totalBytes: 20,
    totalObjects: 2,
    elapsedSeconds: 1,
    bytesPerSecond: 10,
  };
  yield { type: "warning", code: "w", message: "look out" };
  yield {
    type: "summary",
    dryRun: false,
    aborted: false,
    copied: 2,
    deleted: 0,
    skipped: 0,
    failed: 0,
    planned: 0,
    bytes: 20,
    resumedBytes: 0,
    seconds: 2,
    failures: [],
  };
}

async function watch(isTTY: boolean, progress: boolean): Promise<string> {
  const { stream, read } = terminal(isTTY);
  const notices = new Notices(stream, { verbosity: 0, progress, beforeLine: () => undefined });
  const out = new Output(new PassThrough());
  await runTransfer({ notices, out, json: false } as CommandContext, "copy", events());
  return read();
}

describe("progress on standard error", () => {
  const TEXT = "lode: warning: look out\n2 objects, 20 B in 2.00 s (10 B/s)\n";
  const CLEAR = "\r\u001b[K";

  it("redraws one line on a terminal, around other lines, and leaves none", async () => {
    const bar = "copy  [############............]  10 B/20 B  50%  10 B/s  ETA 0:01  1/2 objects";
    expect(await watch(true, true)).toBe(
      `${CLEAR}${bar}${CLEAR}lode: warning: look out\n${CLEAR}${bar}${CLEAR}2 objects, 20 B in 2.00 s (10 B/s)\n`,
    );
  });

  it("draws nothing where there is no terminal, or with --no-progress", async () => {
    expect(await watch(false, true)).toBe(TEXT);
    expect(await watch(true, false)).toBe(TEXT);
  });

  it("cuts the line to the terminal's width", () => {
    const { stream, read } = terminal(true, 20);
    const notices = new Notices(stream, { verbosity: 0, progress: true, beforeLine: () => {} });
    notices.status("x".repeat(50));
    expect(read()).toBe(`${CLEAR}${"x".repeat(19)}`);
  });
});

describe("safeForTerminal", () => {
  it("shows control characters, and leaves text alone", () => {
    expect(safeForTerminal("a\u001b]0;t\u0007b\u009b\r")).toBe("a\\x1b]0;t\\x07b\\x9b\\x0d");
    expect(safeForTerminal("naïve 日本 😀\tx")).toBe("naïve 日本 😀\tx");
  });
});
