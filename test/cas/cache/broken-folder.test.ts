import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BlobStore } from "../../../src/cas/index.js";
import type { StoreWarning } from "../../../src/storage/index.js";
import { memoryPlace, type Place, putOne, randomBytes, same } from "../blobs/places.js";
import { cacheFiles } from "./cache-files.js";

let place: Place;
let root: string;
beforeEach(async () => {
  place = memoryPlace();
  root = await mkdtemp(join(tmpdir(), "lodestore-cache-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  await place.drop();
});

it("a folder that cannot be made does not stop reads, and is told once", async () => {
  await writeFile(join(root, "file"), "");
  const folder = join(root, "file", "cache");
  const store = await place.open();
  const warnings: StoreWarning[] = [];
  const blobs = BlobStore.open(store, {
    cache: { folder },
    onWarning: (warning) => warnings.push(warning),
  });
  for (const size of [1000, 3_000_000]) {
    const bytes = randomBytes(size, size);
    const { id } = await putOne(store, bytes);
    for (let i = 0; i < 2; i++) expect(same(await blobs.bytes(id), bytes)).toBe(true);
  }
  expect(warnings).toEqual([
    { code: "no-blob-cache", message: expect.stringContaining(`${folder} cannot be`) },
  ]);
  await expect(blobs.cache?.prune()).rejects.toMatchObject({ code: "invalid-key" });
});

it("files that are none of its own are left alone", async () => {
  const folder = join(root, "cache");
  const others = ["ab/notes.txt", "photos/1.jpg", "ab/0123.0-5", "usage.bak"];
  for (const path of others) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), "mine");
  }
  const store = await place.open();
  const blobs = BlobStore.open(store, { cache: { folder } });
  const { id } = await putOne(store, randomBytes(1000, 1));
  await blobs.bytes(id);
  expect(await blobs.cache?.usage()).toMatchObject({ entries: 1 });
  await blobs.cache?.prune({ maxBytes: 0 });
  expect((await cacheFiles(folder)).map(({ path }) => path)).toEqual([
    "ab/0123.0-5",
    "ab/notes.txt",
  ]);
});
