import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { nodeFsCalls } from "../../../src/storage/local-disk/index.js";
import { processTag } from "../../../src/storage/local-disk/process-owner.js";
import { BREAKER, breakIfDead } from "../../../src/storage/local-disk/write-lock.js";

const folder = mkdtempSync(join(tmpdir(), "lode-lock-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("breakIfDead", () => {
  it("bears that another waiter clears away a dead breaker first", () => {
    const lock = join(folder, ".lode-lock-x");
    const parts = processTag().split(".");
    // No process has so great a number.
    const dead = parts.with(3, "999999999").join(".");
    symlinkSync(dead, lock);
    symlinkSync(dead, `${lock}${BREAKER}`);
    const calls = {
      ...nodeFsCalls,
      unlinkSync(path: string) {
        nodeFsCalls.unlinkSync(path);
        // As the slower of two waiters finds it.
        if (path.endsWith(BREAKER)) nodeFsCalls.unlinkSync(path);
      },
    };
    expect(breakIfDead(calls, lock)).toBe(false);
    expect(breakIfDead(nodeFsCalls, lock)).toBe(true);
    expect(existsSync(lock)).toBe(false);
  });
});
