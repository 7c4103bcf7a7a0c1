import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/app/config/index.js";
import { runsCache, runsPlace } from "../../../src/app/operations/index.js";

describe("runsPlace", () => {
  it.each([
    [{}, "/work/dir/.lode/runs"],
    [{ MLTRACK_S3_BUCKET: "b" }, "s3://b/mltrack"],
    [{ MLTRACK_S3_BUCKET: "b", MLTRACK_S3_PREFIX: "p/q" }, "s3://b/p/q"],
    [{ LODE_STORE: "s3://all/team", MLTRACK_S3_BUCKET: "b" }, "s3://all/team/runs"],
    [{ LODE_STORE: "s3://all" }, "s3://all/runs"],
    [{ LODE_STORE: "s3://all/p/?region=eu" }, "s3://all/p/runs?region=eu"],
    [{ LODE_STORE: "here" }, "file:///work/dir/here/runs"],
    [{ LODE_RUNS_STORE: "az://account/c/r", LODE_STORE: "s3://all" }, "az://account/c/r"],
  ])("%o: %s", async (env, place) => {
    expect(runsPlace(await loadConfig({ env, cwd: "/work/dir" }))).toBe(place);
  });
});

describe("runsCache", () => {
  const GIB = 2 ** 30;

  it.each<[{ HOME?: string; [name: string]: string | undefined }, string, number]>([
    [{ HOME: "/home/ann" }, "/home/ann/.cache/lodestore/blobs", 2 * GIB],
    [{ HOME: "/home/ann", XDG_CACHE_HOME: "/big" }, "/big/lodestore/blobs", 2 * GIB],
    [{ XDG_CACHE_HOME: "/big", LODE_RUNS_CACHE_SIZE: "1GiB" }, "/big/lodestore/blobs", GIB],
  ])("%o: %s", async (env, folder, maxBytes) => {
    const config = await loadConfig({ env, cwd: "/work/dir", home: env.HOME });
    for (const scheme of ["s3", "az"] as const) {
      expect(runsCache(config, scheme)).toEqual({ folder, maxBytes });
    }
    for (const scheme of ["file", "direct", "mem"] as const) {
      expect(runsCache(config, scheme)).toBeUndefined();
    }
  });

  it("is none where nothing may be kept, and without a home", async () => {
    const off = { LODE_RUNS_CACHE_SIZE: "0" };
    const config = await loadConfig({ env: off, cwd: "/work/dir", home: "/home/ann" });
    expect(runsCache(config, "s3")).toBeUndefined();
    expect(runsCache(await loadConfig({ env: {}, cwd: "/work/dir" }), "s3")).toBeUndefined();
  });
});
