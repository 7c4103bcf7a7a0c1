import { describe, expect, it } from "vitest";
import { expandBraces, objectDataset } from "../../../src/loader/datasets/index.js";
import { memory, watched } from "./places.js";

describe("expandBraces", () => {
  it.each([
    ["train-{000..003}.tar", ["train-000.tar", "train-001.tar", "train-002.tar", "train-003.tar"]],
    ["{8..11}", ["8", "9", "10", "11"]],
    ["{08..11}", ["08", "09", "10", "11"]],
    ["{2..0}", ["2", "1", "0"]],
    ["{a,b}/{0..1}", ["a/0", "a/1", "b/0", "b/1"]],
    ["plain", ["plain"]],
    ["{only}", ["{only}"]],
    ["a{}b", ["a{}b"]],
  ])("reads %j", (pattern, keys) => {
    expect(expandBraces(pattern)).toEqual(keys);
  });

  it("refuses what no data set has", () => {
    expect(() => expandBraces("{0..9999}{0..9999}")).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("the selection of objects", () => {
  async function filled() {
    const store = await memory();
    for (const key of ["a/1", "a/2", "b/1"]) await store.put(key, key);
    await store.put("a/folder/", "");
    return store;
  }

  it("lists a prefix once, without folders' markers", async () => {
    const { store, requests } = watched(await filled());
    const dataset = await objectDataset(store, { prefix: "a/" });
    expect(dataset.length).toBe(2);
    expect(dataset.uriOf(1)).toBe(`${store.uri}/a/2`);
    expect(dataset.byteLengthOf(1)).toBe(3);
    expect(requests.map((one) => one.split(" ")[0])).toEqual(["list"]);
  });

  it("takes keys in their order, and a list without asking anything", async () => {
    const { store, requests } = watched(await filled());
    const keys = await objectDataset(store, { keys: ["b/1", "a/{1..2}"] });
    expect([0, 1, 2].map((i) => keys.uriOf(i).slice(store.uri.length))).toEqual([
      "/b/1",
      "/a/1",
      "/a/2",
    ]);
    requests.length = 0;
    const list = await objectDataset(store, { list: [{ key: "b/1", size: 3 }] });
    expect(requests).toEqual([]);
    expect(Buffer.from(await list.get(0)).toString()).toBe("b/1");
  });

  it("filters", async () => {
    const store = await filled();
    const dataset = await objectDataset(store, { prefix: "", filter: (key) => key.endsWith("1") });
    expect(dataset.length).toBe(2);
  });

  it("is loud about nothing, a missing key, and two ways at once", async () => {
    const store = await filled();
    const failed = (options: Parameters<typeof objectDataset>[1]) =>
      expect(objectDataset(store, options)).rejects;
    await failed({ prefix: "c/" }).toMatchObject({ code: "not-found" });
    await failed({ prefix: "a/", filter: () => false }).toMatchObject({ code: "not-found" });
    await failed({ list: [] }).toMatchObject({ code: "not-found" });
    await failed({ keys: [] }).toMatchObject({ code: "not-found" });
    await failed({ keys: "a/{1..3}" }).toMatchObject({
      code: "not-found",
      uri: `${store.uri}/a/3`,
    });
    await failed({ prefix: "a/", keys: "b/1" }).toMatchObject({ code: "invalid-argument" });
    await failed({}).toMatchObject({ code: "invalid-argument" });
    await failed({ prefix: "", partSize: 0 }).toMatchObject({ code: "invalid-argument" });
    await failed({ prefix: "", maxInflightParts: 1.5 }).toMatchObject({ code: "invalid-argument" });
    const stopped = AbortSignal.abort();
    await failed({ prefix: "a/", signal: stopped }).toMatchObject({ code: "aborted" });
  });
});
