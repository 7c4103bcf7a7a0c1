import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { openStore } from "../../../src/storage/registry.js";
import { transferObject, transferTree } from "../../../src/storage/transfer/index.js";
import { lode, useFolder } from "../../cli/lode.js";
import { dropStores, memoryStore, run } from "../../storage/transfer/stores.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { openProxied, type ProxiedBucket } from "./stack.js";

const folder = useFolder();
let bucket: ProxiedBucket | undefined;

afterEach(async () => {
  await bucket?.drop();
  bucket = undefined;
  dropStores();
});

const ESCAPING = [
  "../outside",
  "../../outside",
  "a/../../outside",
  "a/b/../../../outside",
  "/etc/outside",
  "..",
  "a/..",
  "./../outside",
  "link/outside",
  "a/link/outside",
  "link",
  "a//b",
  "a/./b",
];

/** A target below `root`, with links in it that lead to `outside` next to it. */
async function prepare(): Promise<{ root: string; outside: string }> {
  const root = join(folder.path, "root");
  const outside = join(folder.path, "outside-folder");
  await mkdir(join(root, "a"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, "kept"), "untouched");
  await symlink(outside, join(root, "link"));
  await symlink(outside, join(root, "a", "link"));
  return { root, outside };
}

async function expectConfined(outside: string): Promise<void> {
  expect((await readdir(folder.path)).sort()).toEqual(["outside-folder", "root"]);
  expect(await readdir(outside)).toEqual(["kept"]);
  expect(await readFile(join(outside, "kept"), "utf8")).toBe("untouched");
}

async function download(source: ObjectStore, scheme: string, root: string) {
  const target = await openStore(`${scheme}://${root}`, { env: {} });
  const tree = await run(transferTree({ source: { store: source }, target: { store: target } }));
  // One at a time, too: by itself a key has no tree to stand in.
  for await (const { key } of source.list()) {
    await run(transferObject({ source: { store: source, key }, target: { store: target, key } }));
  }
  await target.close();
  return tree;
}

describe("case 30: keys that lead out of the target", () => {
  it.each(["file", "direct"])("never leave the root of %s://", async (scheme) => {
    const { root, outside } = await prepare();
    const source = await memoryStore();
    for (const key of ESCAPING) await source.put(key, "evil");
    await source.put("good", "good");
    const { summary, items } = await download(source, scheme, root);
    await expectConfined(outside);
    expect(await readFile(join(root, "good"), "utf8")).toBe("good");
    // A link in the place of the copy itself is replaced, not followed.
    const copied = items.filter(({ status }) => status === "done");
    expect(copied.map(({ key }) => key).sort()).toEqual(["good", "link"]);
    expect(summary).toMatchObject({ copied: 2, failed: ESCAPING.length - 1 });
  });

  for (const server of S3_SERVERS) {
    it.skipIf(server.url === undefined)(`from ${server.name}, by lode too`, async () => {
      const { root, outside } = await prepare();
      bucket = await openProxied(server);
      const { direct, name } = bucket;
      for (const key of ESCAPING) {
        // MinIO, which keeps objects in folders, holds no object where it has a folder.
        if (key === "link") continue;
        // Nor does it take the worst of these keys itself.
        await direct.put(key, "evil").catch((error: unknown) => {
          if (server.name !== "minio" || !isLodeError(error, "invalid-key")) throw error;
        });
      }
      await direct.put("good", "good");
      await download(direct, "file", root);
      await expectConfined(outside);
      const env = {
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        AWS_ENDPOINT_URL: server.url,
        XDG_STATE_HOME: join(root, "state"),
      };
      for (const argv of [
        ["cp", "-r", `s3://${name}/`, root],
        ["sync", `s3://${name}/`, root],
        ["download", `s3://${name}/`, root],
      ]) {
        const { code, stderr } = await lode(argv, { cwd: root, env });
        // Without -r a download takes what lies at the top alone.
        if (argv[0] !== "download") expect(code, stderr).toBe(3);
        await expectConfined(outside);
      }
      expect(await readFile(join(root, "good"), "utf8")).toBe("good");
    });
  }

  it("a link that is set up while a tree is copied is not followed", async () => {
    const { root, outside } = await prepare();
    const target = await openStore(`file://${root}`, { env: {} });
    await target.put("late/first", "1");
    await symlink(outside, join(root, "late", "second"));
    await expect(target.put("late/second", "evil")).resolves.toBeDefined();
    await expectConfined(outside);
    await expect(target.put("late/second/x", "evil")).rejects.toMatchObject({
      code: expect.stringMatching(/invalid-key|permission-denied|already-exists/),
    });
    await expectConfined(outside);
  });
});
