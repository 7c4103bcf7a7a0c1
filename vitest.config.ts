import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/conformance/**", "test/integration/**", "test/scripts/services/**"] } },
      {
        test: {
          name: "servers",
          include: ["test/conformance/**/*.test.ts", "test/integration/**/*.test.ts", "test/scripts/services/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
