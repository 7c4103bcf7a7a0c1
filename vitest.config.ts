import { defineConfig } from "vitest/config";
import { ClosingLinesReporter } from "./test/setup/closing-lines-reporter.js";

/** Tests that talk to real servers; all others need nothing but this machine's disk. */
const SERVERS = [
  "test/conformance/**/*.test.ts",
  "test/integration/**/*.test.ts",
  "test/scripts/services/**/*.test.ts",
];

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLinesReporter()],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: SERVERS,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "servers",
          include: SERVERS,
          globalSetup: ["test/setup/servers.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
