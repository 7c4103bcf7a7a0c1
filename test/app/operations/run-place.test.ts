import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/app/config/index.js";
import { runsPlace } from "../../../src/app/operations/index.js";

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
