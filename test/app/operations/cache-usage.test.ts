import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/app/config/index.js";
import { type AppContext, openOptions, StorePool } from "../../../src/app/index.js";
import { cacheUsage, pruneCache, runsCache } from "../../../src/app/operations/index.js";
import { BlobCache } from "../../../src/cas/index.js";

const onWarning = () => undefined;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "lodestore-home-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function appOf(sources: { home?: string }, signal = new AbortController().signal) {
  const config = await loadConfig({ env: {}, cwd: tmpdir(), ...sources });
  const app: AppContext = {
    config,
    stores: new StorePool(openOptions(config, { onWarning })),
    signal,
    onWarning,
  };
  return app;
}

/** As reads of a remote store fill it. */
async function fill(app: AppContext, entries: number): Promise<void> {
  const cache = new BlobCache("s3://bucket", runsCache(app.config, "s3")!);
  for (let i = 0; i < entries; i++) await cache.add(`key-${i}`, 0, new Uint8Array(5000));
}

describe("the user's cache", () => {
  it("is measured and pruned where remote stores fill it", async () => {
    const app = await appOf({ home });
    const path = join(home, ".cache", "lodestore", "blobs");
    const place = { path, maxBytes: 2 ** 31 };
    const usage = (entries: number) => ({ entries, bytes: entries * 8192 });
    expect((await cacheUsage(app)).blobs).toEqual({ ...place, ...usage(0) });
    await fill(app, 3);
    expect((await cacheUsage(app)).blobs).toEqual({ ...place, ...usage(3) });
    const steps = [
      [undefined, 0, 3],
      [16_384, 1, 2],
      [16_383, 1, 1],
      [0, 1, 0],
    ] as const;
    for (const [maxBytes, freed, left] of steps) {
      const expected = { path, freed: usage(freed), left: usage(left) };
      expect(await pruneCache(app, { maxBytes, dryRun: true })).toEqual(expected);
      expect(await pruneCache(app, { maxBytes })).toEqual(expected);
    }
  });

  it("is left when the caller gives up, and without a home", async () => {
    const app = await appOf({ home });
    await fill(app, 2);
    const stopped = await appOf({ home }, AbortSignal.abort());
    await expect(cacheUsage(stopped)).rejects.toMatchObject({ code: "aborted" });
    for (const dryRun of [false, true]) {
      const stop = pruneCache(stopped, { maxBytes: 0, dryRun });
      await expect(stop).rejects.toMatchObject({ code: "aborted" });
    }
    expect((await cacheUsage(app)).blobs.entries).toBe(2);
    const homeless = await appOf({});
    await expect(cacheUsage(homeless)).rejects.toMatchObject({ code: "invalid-config" });
    await expect(pruneCache(homeless)).rejects.toMatchObject({ code: "invalid-config" });
  });
});
