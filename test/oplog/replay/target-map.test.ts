import { describe, expect, it } from "vitest";
import { TargetMap, type TargetOptions } from "../../../src/oplog/replay/target-map.js";
import { entry } from "../sample-entries.js";

const row = entry({ endpoint: "http://10.0.0.5:9000", store: "s3://lake", op: "GET" });
const place = (options: TargetOptions, key: string, more: Partial<typeof row> = {}) =>
  new TargetMap(options).place({ ...row, ...more }, key, false);

describe("TargetMap", () => {
  it("puts everything below one target", () => {
    expect(place({ to: "mem://t/x" }, "a/b")).toEqual({ uri: "mem://t/x", key: "a/b" });
    expect(place({ to: "mem://t/x" }, "/a/b")).toEqual({ uri: "mem://t/x", key: "a/b" });
  });

  it("covers a server, a store and a key, also with more of the key behind", () => {
    const to = ["mem://t"];
    const cases: [from: string, key: string][] = [
      ["http://10.0.0.5:9000", "train/a"],
      ["http://10.0.0.5:9000/", "train/a"],
      ["http://10.0.0.5:9000/train", "a"],
      ["s3://lake", "train/a"],
      ["s3://lake/train/", "a"],
      ["train", "a"],
      ["train/a", ""],
    ];
    for (const [from, key] of cases) {
      expect(place({ maps: [{ from, to }] }, "train/a"), from).toEqual({ uri: "mem://t", key });
    }
  });

  it("covers whole parts of a name only", () => {
    for (const from of ["tra", "s3://lak", "http://10.0.0.5:900", "s3://lake/tra", "a"]) {
      expect(place({ maps: [{ from, to: ["mem://t"] }] }, "train/a"), from).toBeUndefined();
    }
  });

  it("prefers the rule that covers most of the key, then the one that tells more of the place", () => {
    const rule = (from: string) => ({ from, to: [`mem://${from.replace(/\W+/g, "-")}`] });
    const all = ["http://10.0.0.5:9000", "s3://lake", "train", "s3://lake/train", "train/deep"];
    const chosen = (key: string, froms = all) => place({ maps: froms.map(rule) }, key)?.uri;
    expect(chosen("x")).toBe("mem://s3-lake");
    expect(chosen("train/a")).toBe("mem://s3-lake-train");
    expect(chosen("train/deep/a")).toBe("mem://train-deep");
    expect(chosen("x", ["http://10.0.0.5:9000", "train"])).toBe("mem://http-10-0-0-5-9000");
    expect(place({ maps: [rule("train")], to: "mem://rest" }, "x")?.uri).toBe("mem://rest");
  });

  it("takes several targets in turn, or by the key where writes and reads must meet", () => {
    const to = ["mem://a", "mem://b", "mem://c"];
    const turns = new TargetMap({ maps: [{ from: "d", to }] });
    const uris = ["d/1", "d/1", "d/1", "d/1"].map((key) => turns.place(row, key, true)?.uri);
    expect(uris).toEqual(["mem://a", "mem://b", "mem://c", "mem://a"]);
    const sticky = new TargetMap({ maps: [{ from: "d", to }], sticky: true });
    const keys = Array.from({ length: 300 }, (_, i) => `d/shard-${i}`);
    const first = keys.map((key) => sticky.place(row, key, true)?.uri);
    expect(keys.map((key) => sticky.place(row, key, false)?.uri)).toEqual(first);
    for (const uri of to) {
      expect(first.filter((one) => one === uri).length).toBeGreaterThan(60);
      expect(first.filter((one) => one === uri).length).toBeLessThan(140);
    }
    expect(turns.place(row, "d/7", true, true)).toEqual(sticky.place(row, "d/7", true));
    expect(turns.places(row, "d/7").map(({ uri }) => uri)).toEqual(to);
    expect(sticky.places(row, "d/7")).toEqual([sticky.place(row, "d/7", true)]);
  });

  it("reads where the log did, without settings out of the log", () => {
    expect(place({}, "k")).toEqual({ uri: "s3://lake", key: "k" });
    const store = "s3://lake?endpoint=http://169.254.169.254";
    expect(place({}, "k", { store })).toEqual({ uri: "s3://lake", key: "k" });
    expect(place({}, "k", { store: undefined, endpoint: "file:///data" })).toEqual({
      uri: "file:///data",
      key: "k",
    });
  });

  it("asks for a target where the log tells no store, and for writes", () => {
    expect(() => place({}, "k", { store: undefined })).toThrow(/tells no bucket.*--to/);
    expect(() => place({ inPlace: true }, "k", { store: undefined })).toThrow(/tells no bucket/);
    expect(() => new TargetMap({}).place(row, "k", true)).toThrow(/writes.*--in-place/);
    const inPlace = new TargetMap({ inPlace: true });
    expect(inPlace.place(row, "k", true)).toEqual({ uri: "s3://lake", key: "k" });
    expect(() => new TargetMap({ inPlace: true, to: "mem://t" })).toThrow(/leave one/);
    expect(() => new TargetMap({ maps: [{ from: "a", to: [] }] })).toThrow(/no target/);
  });

  it("leaves the log's own places alone once there are rules, unless told so", () => {
    const maps = [{ from: "train", to: ["mem://t"] }];
    expect(place({ maps }, "other/a")).toBeUndefined();
    expect(place({ maps, inPlace: true }, "other/a")).toEqual({ uri: "s3://lake", key: "other/a" });
  });
});
