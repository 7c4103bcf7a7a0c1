import { describe, expect, it } from "vitest";
import type { Backend, ListPage } from "../../../src/storage/backend.js";
import { prefix } from "../../../src/storage/layers/index.js";
import { bytesOf, freshMemory } from "./memory-backend.js";

async function keysOf(backend: Backend, options?: Parameters<Backend["list"]>[0]) {
  const pages: ListPage[] = [];
  for await (const page of backend.list(options)) pages.push(page);
  return [
    pages.flatMap(({ objects }) => objects.map(({ key }) => key)),
    pages.flatMap(({ prefixes }) => [...prefixes]),
  ];
}

describe("prefix", () => {
  it("writes below its folder and shows nothing else", async () => {
    const memory = await freshMemory();
    const sub = prefix("data/train")(memory);
    await sub.put("a/1", bytesOf("x"));
    for (const key of ["data/train", "data/train/", "data/trainer/b", "data/other", "z"]) {
      await memory.put(key, bytesOf(key));
    }
    expect(sub.uri).toBe(`${memory.uri}/data/train`);
    expect((await memory.head("data/train/a/1")).size).toBe(1);
    expect((await sub.head("a/1")).key).toBe("a/1");
    expect(await keysOf(sub)).toEqual([["a/1"], []]);
    expect(await keysOf(sub, { delimiter: "/" })).toEqual([[], ["a/"]]);
    expect(await keysOf(sub, { startAfter: "a/1" })).toEqual([[], []]);
    expect(await sub.deleteMany(["a/1", "missing"])).toEqual([{ key: "a/1" }, { key: "missing" }]);
  });

  it("can be nested, and is nothing when it is empty", async () => {
    const memory = await freshMemory();
    expect(prefix("")(memory)).toBe(memory);
    const nested = prefix("b/")(prefix("a")(memory));
    await nested.put("c", bytesOf("x"));
    expect((await memory.head("a/b/c")).size).toBe(1);
    expect(nested.uri).toBe(`${memory.uri}/a/b`);
  });

  it("refuses a key that is too long only with its folder", async () => {
    const sub = prefix("folder")(await freshMemory());
    await expect(sub.put("k".repeat(1020), bytesOf("x"))).rejects.toMatchObject({
      code: "invalid-key",
    });
  });

  it("keeps the container out of reach", async () => {
    const sub = prefix("folder")(await freshMemory());
    expect(sub.deleteContainer).toBeUndefined();
    expect(sub.capabilities.containers).toBe(false);
  });

  it("shows only its own uploads and can resume them", async () => {
    const memory = await freshMemory();
    const sub = prefix("folder")(memory);
    await memory.startMultipart("elsewhere");
    const { id } = await sub.startMultipart("a");
    const uploads: string[] = [];
    for await (const upload of sub.listMultiparts!()) uploads.push(`${upload.key} ${upload.id}`);
    expect(uploads).toEqual([`a ${id}`]);
    const resumed = await sub.resumeMultipart!("a", id);
    await resumed.putPart(1, bytesOf("x"));
    await resumed.complete();
    expect((await memory.head("folder/a")).size).toBe(1);
  });
});
