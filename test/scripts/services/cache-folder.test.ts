import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publishFolder } from "../../../scripts/services/cache-folder.js";

describe("publishFolder", () => {
  let base: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "lodestore-cache-"));
  });

  afterEach(async () => {
    await rm(base, { recursive: true });
  });

  it("shows nothing of a fill that failed", async () => {
    const target = join(base, "server");
    const filling = publishFolder(target, async (folder) => {
      await writeFile(join(folder, "half"), "");
      throw new Error("interrupted");
    });
    await expect(filling).rejects.toThrow("interrupted");
    expect(await readdir(base)).toEqual([]);
  });

  it("keeps the first of two fills, and fills no second time", async () => {
    const target = join(base, "server");
    const write = (text: string) => (folder: string) => writeFile(join(folder, "who"), text);
    await publishFolder(target, async (folder) => {
      await publishFolder(target, write("inner"));
      await write("outer")(folder);
    });
    await publishFolder(target, write("later"));
    expect(await readFile(join(target, "who"), "utf8")).toBe("inner");
    expect(await readdir(base)).toEqual(["server"]);
  });

  it("removes what a killed fill left a day ago, and not one that may be at work", async () => {
    const [old, recent] = ["server.partial-old", "server.partial-new"];
    for (const name of [old, recent]) await mkdir(join(base, name));
    const before = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(base, old), before, before);
    await publishFolder(join(base, "server"), async () => {});
    expect((await readdir(base)).sort()).toEqual(["server", recent]);
  });
});
