import { appendFile, lstat, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stampOf } from "../../../src/runs/trees/file-stamp.js";
import {
  openStableFile,
  readStableFile,
  type StableFile,
  whileStable,
} from "../../../src/runs/trees/stable-file.js";
import { newFolder } from "./folders.js";

const MIB = 1024 * 1024;

async function stampAt(path: string) {
  return stampOf(await lstat(path, { bigint: true }));
}

async function collect(file: StableFile): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of file.pieces()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe("readStableFile", () => {
  it("reads a file that has changed since it was seen, as it is now", async () => {
    const path = join(await newFolder(), "a");
    await writeFile(path, "old");
    const seen = await stampAt(path);
    await writeFile(path, "newer");
    const { bytes, stamp } = await readStableFile(path, seen, MIB);
    expect(Buffer.from(bytes).toString()).toBe("newer");
    expect(stamp).toEqual(await stampAt(path));
  });

  it("gives up on a file that has become too large", async () => {
    const path = join(await newFolder(), "a");
    await writeFile(path, "old");
    const seen = await stampAt(path);
    await writeFile(path, Buffer.alloc(100));
    await expect(readStableFile(path, seen, 99)).rejects.toMatchObject({
      code: "precondition-failed",
      details: { changedFile: path },
    });
  });

  it("does not follow a link that took the file's place", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "secret"), "secret");
    const path = join(folder, "a");
    await symlink("secret", path);
    await expect(readStableFile(path, await stampAt(path), MIB)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

describe("openStableFile", () => {
  it("reads ranges and all", async () => {
    const path = join(await newFolder(), "a");
    const bytes = Buffer.alloc(2 * MIB + 5, "0123456789");
    await writeFile(path, bytes);
    await using file = await openStableFile(path);
    expect(file.size).toBe(bytes.length);
    expect(Buffer.from(await file.read(MIB - 1, MIB + 3))).toEqual(
      bytes.subarray(MIB - 1, MIB + 3),
    );
    expect((await collect(file)).equals(bytes)).toBe(true);
  });

  it.each([
    ["grew", (path: string) => appendFile(path, "x")],
    ["was cut", (path: string) => writeFile(path, "x")],
    ["was touched", (path: string) => utimes(path, 1, 1)],
  ])("ends with an error if the file %s", async (_, change) => {
    const path = join(await newFolder(), "a");
    await writeFile(path, "before");
    await using file = await openStableFile(path);
    await change(path);
    await expect(collect(file)).rejects.toMatchObject({
      code: "precondition-failed",
      retry: "safe",
      details: { changedFile: path },
    });
  });

  it("refuses a folder", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "a"));
    await expect(openStableFile(join(folder, "a"))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

describe("whileStable", () => {
  it("begins again until the file stays, three times in all", async () => {
    const path = join(await newFolder(), "a");
    await writeFile(path, "");
    let attempts = 0;
    const readWhile = (changes: number) =>
      whileStable(path, async () => {
        await using file = await openStableFile(path);
        if (attempts++ < changes) await appendFile(path, "x");
        return (await collect(file)).toString();
      });
    expect(await readWhile(2)).toBe("xx");
    expect(attempts).toBe(3);
    attempts = 0;
    await expect(readWhile(3)).rejects.toMatchObject({ code: "precondition-failed" });
    expect(attempts).toBe(3);
  });
});
