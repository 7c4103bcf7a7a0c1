import { describe, expect, it } from "vitest";
import type { AppContext } from "../../../src/app/index.js";
import { benchmarkGet } from "../../../src/app/operations/index.js";

describe("benchmarkGet", () => {
  it("ends when it is aborted while its list is silent", async () => {
    const controller = new AbortController();
    async function* uris() {
      controller.abort();
      await new Promise(() => {});
      yield "mem://never/told";
    }
    const app = { signal: controller.signal } as unknown as AppContext;
    const run = benchmarkGet(app, undefined, { concurrency: 2, uris: uris() });
    await expect(run).rejects.toMatchObject({ code: "aborted" });
  });
});
