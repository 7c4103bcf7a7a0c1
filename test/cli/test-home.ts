import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A home directory of the test file's own, so that neither settings nor state of the tester's are seen. */
export const TEST_HOME = mkdtempSync(join(tmpdir(), "lode-home-"));

afterAll(() => {
  rmSync(TEST_HOME, { recursive: true, force: true });
});
