import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import { SKIPPED_FILE } from "./servers.js";

/**
 * Ends the run with what was skipped and why, and with one plain line of counts. Where
 * `LODE_TEST_REQUIRE_ALL=1`, a skipped test fails the run.
 */
export class ClosingLinesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const suites = new Map<string, number>();
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") counts.passed++;
        else if (state === "failed") counts.failed++;
        else {
          counts.skipped++;
          suites.set(module.relativeModuleId, (suites.get(module.relativeModuleId) ?? 0) + 1);
        }
      }
    }
    console.log("");
    for (const [suite, tests] of suites) console.log(`skipped: ${suite} (${tests} tests)`);
    for (const { name, reason } of missingServers()) console.log(`skipped: ${name}: ${reason}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    if (counts.skipped > 0 && process.env.LODE_TEST_REQUIRE_ALL === "1") {
      console.error("LODE_TEST_REQUIRE_ALL=1: a skipped test is a failure");
      process.exitCode = 1;
    }
  }
}

function missingServers(): { name: string; reason: string }[] {
  if (!existsSync(SKIPPED_FILE)) return [];
  const missing = JSON.parse(readFileSync(SKIPPED_FILE, "utf8")) as [];
  rmSync(SKIPPED_FILE);
  return missing;
}

export default ClosingLinesReporter;
