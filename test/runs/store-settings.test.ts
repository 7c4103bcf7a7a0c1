import { sep } from "node:path";
import { describe, expect, it } from "vitest";
import { RunStore } from "../../src/runs/index.js";
import { defaultUri } from "../../src/runs/store-settings.js";

describe("where runs are kept unless told", () => {
  it("is the seed's bucket, else a folder here", () => {
    expect(defaultUri({ MLTRACK_S3_BUCKET: "b" })).toBe("s3://b/mltrack");
    expect(defaultUri({ MLTRACK_S3_BUCKET: "b", MLTRACK_S3_PREFIX: "team/x" })).toBe(
      "s3://b/team/x",
    );
    expect(defaultUri({ MLTRACK_S3_BUCKET: "" })).toBe(`file://${process.cwd()}${sep}.lode/runs`);
  });
});

describe("defaults of new runs", () => {
  const begin = async (env: Record<string, string>, options = {}) =>
    (await RunStore.open("mem://runs-defaults", { env, ...options })).createRun();

  it("are the seed's", async () => {
    expect(await begin({})).toMatchObject({ runType: "experiment", storageModes: ["by_project"] });
  });

  it("come from the environment, and from options before it", async () => {
    const env = {
      MLTRACK_DEFAULT_RUN_TYPE: "production",
      MLTRACK_DEFAULT_STORAGE_MODE: "{project}/{yyyy}",
    };
    expect(await begin(env)).toMatchObject({
      runType: "production",
      storageModes: ["{project}/{yyyy}"],
    });
    const options = { defaultRunType: "analysis", defaultStorageMode: "flat" };
    expect(await begin(env, options)).toMatchObject({
      runType: "analysis",
      storageModes: ["flat"],
    });
  });

  it.each([
    [
      "MLTRACK_DEFAULT_RUN_TYPE",
      "expriment",
      /MLTRACK_DEFAULT_RUN_TYPE .*did you mean experiment\?/,
    ],
    [
      "MLTRACK_DEFAULT_STORAGE_MODE",
      "by_dat",
      /MLTRACK_DEFAULT_STORAGE_MODE .*did you mean by_date\?/,
    ],
  ])("refuse %s=%s", async (name, value, message) => {
    await expect(begin({ [name]: value })).rejects.toMatchObject({
      code: "invalid-config",
      message: expect.stringMatching(message) as string,
    });
  });
});
