import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chosenData } from "../../../src/app/operations/run-data.js";
import { isLodeError } from "../../../src/errors.js";
import { RunStore } from "../../../src/runs/index.js";
import { memoryPlace } from "../../checkpoints/places.js";

const { signal } = new AbortController();
let store: RunStore;
let drop: () => Promise<void>;

beforeEach(async () => {
  const place = await memoryPlace();
  drop = place.drop;
  store = await RunStore.open(await place.open(), { env: {} });
});

afterEach(async () => {
  await store.close();
  await drop();
});

const load = async (text: string) => store.load(await chosenData(store, text, signal));
const codeOf = async (text: string) => {
  const error = await load(text).catch((thrown: unknown) => thrown);
  return isLodeError(error) ? error.code : error;
};

describe("chosenData", () => {
  it("takes ids with colons, and inputs and outputs of one name", async () => {
    for (const [id, text] of [
      ["a:b", "of a:b"],
      ["a", "of a"],
    ] as const) {
      const run = await store.createRun({ runId: id });
      await store.addRunInput(run, "x:y", text);
      await store.addRunInput(run, "both", "in");
      await store.addRunOutput(run, "both", "out");
      await store.addRunOutput(run, "b:only", "1");
      await store.saveManifest(run);
    }
    expect(await load("a:b:only")).toBe("1");
    expect(await load("a:x:y")).toBe("of a");
    expect(await load("a:inputs.both")).toBe("in");
    expect(await load("a:outputs.both")).toBe("out");
    expect(await codeOf("a:both")).toBe("invalid-argument");
    expect(await codeOf("a:toString")).toBe("not-found");
    expect(await codeOf("c:both")).toBe("not-found");
  });

  it("takes the newest that a name keeps, and a name before digits of a blob", async () => {
    const blob = await store.storeData("one", "name");
    await store.storeData("two", "name");
    const short = blob.hash.slice(0, 8);
    expect(await load(short)).toBe("one");
    await store.storeData("three", short);
    expect(await load(short)).toBe("three");
    expect(await load(String(blob.digest))).toBe("one");
    expect(await codeOf(blob.hash.slice(0, 7))).toBe("not-found");
    expect(await codeOf("0".repeat(64))).toBe("not-found");
    expect(await codeOf(`text-v1:${"0".repeat(64)}`)).toBe("not-found");
  });
});
