import { afterEach, describe, expect, it } from "vitest";
import { type AppContext, StorePool } from "../../../src/app/index.js";
import { replayLog, targetRules } from "../../../src/app/operations/replay-log.js";
import { dropStores, memoryStore } from "../../storage/transfer/stores.js";

afterEach(dropStores);

describe("replayLog", () => {
  it("gives the figures of a replay that was interrupted", async () => {
    const store = await memoryStore();
    const row = (second: number, key: string) => `PUT\t10\t${key}\t2025-07-27T19:30:0${second}Z\n`;
    await store.put("run.tsv", `op\tbytes\tfile\tstart\n${row(1, "first")}${row(9, "second")}`);
    const controller = new AbortController();
    const app = {
      config: { cwd: "/" },
      stores: new StorePool({}, async () => store),
      signal: controller.signal,
    } as unknown as AppContext;
    const { result, failure } = await replayLog(app, "mem://logs/run.tsv", {
      to: "mem://t",
      onOperation: () => controller.abort(),
    });
    expect(failure).toMatchObject({ code: "aborted" });
    expect(result).toMatchObject({ done: 1, bytes: 10, notBegun: 1 });
    expect((await store.bytes("first")).length).toBe(10);
  });

  it("throws where nothing has begun", async () => {
    const store = await memoryStore();
    await store.put("run.tsv", "op\tfile\tstart\nPUT\ta\t2025-07-27T19:30:01Z\n");
    const app = {
      config: { cwd: "/" },
      stores: new StorePool({}, async () => store),
      signal: new AbortController().signal,
    } as unknown as AppContext;
    await expect(replayLog(app, "mem://logs/run.tsv", {})).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

describe("targetRules", () => {
  it("takes a target from the first = that a place follows", () => {
    const cases: [text: string, from: string, to: string][] = [
      ["s3://a=s3://b/", "s3://a", "s3://b"],
      ["http://10.0.0.5:9000=s3://b/x", "http://10.0.0.5:9000", "s3://b/x"],
      ["date=2024=mem://t", "date=2024", "mem://t"],
      ["d=s3://b?endpoint=http://h:1", "d", "s3://b?endpoint=http://h:1"],
      ["d=./t", "d", "file:///work/t"],
      ["d=.", "d", "file:///work"],
      ["d=/t/", "d", "file:///t"],
    ];
    for (const [text, from, to] of cases) {
      expect(targetRules([text], "/work"), text).toEqual([{ from, to: [to] }]);
    }
  });

  it("gathers the targets of one place", () => {
    expect(targetRules(["a=mem://1", "b=mem://2", "a=mem://3"], "/")).toEqual([
      { from: "a", to: ["mem://1", "mem://3"] },
      { from: "b", to: ["mem://2"] },
    ]);
  });

  it("says how a rule is written", () => {
    for (const text of ["a", "a=", "=mem://t", "a=b", "a=gs://b"]) {
      expect(() => targetRules([text], "/"), text).toThrow(/FROM=TO/);
    }
  });
});
