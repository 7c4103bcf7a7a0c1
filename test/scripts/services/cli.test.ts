import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const CLI = fileURLToPath(new URL("../../../scripts/services/cli.ts", import.meta.url));

describe("npm run services", () => {
  let cache: string;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "lodestore-cache-"));
  });

  afterEach(async () => {
    await services("stop", "azurite");
    await rm(cache, { recursive: true });
  });

  function services(
    ...args: string[]
  ): Promise<{ status: number; stdout: string; stderr: string }> {
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    return new Promise((resolve) => {
      const all = ["--import", "tsx", CLI, ...args];
      const child = execFile(process.execPath, all, { env }, (_error, stdout, stderr) => {
        resolve({ status: child.exitCode ?? -1, stdout, stderr });
      });
    });
  }

  it("starts a server once, tells about it and stops it", async () => {
    const first = await services("start", "azurite");
    expect(first).toMatchObject({ status: 0, stderr: "" });
    const url = /^azurite: runs at (\S+) /.exec(first.stdout)?.[1];
    expect((await fetch(url!)).headers.get("server")).toContain("Azurite");

    expect((await services("start", "azurite")).stdout).toContain(`runs already at ${url}`);
    expect((await services("status", "azurite")).stdout).toContain(`runs at ${url}`);
    expect((await services("env", "azurite")).stdout).toMatch(
      /^export AZURE_STORAGE_CONNECTION_STRING='.*BlobEndpoint=http:.*'\n$/,
    );

    expect(await services("stop", "azurite")).toMatchObject({
      status: 0,
      stdout: "azurite: stopped\n",
    });
    await expect(fetch(url!)).rejects.toThrow();
    expect(await readdir(join(cache, "lodestore/services/running"))).toEqual([]);
    expect(await services("status", "azurite")).toMatchObject({ status: 1 });
  });

  it("answers what it does not know with its usage", async () => {
    expect(await services("begin")).toMatchObject({ status: 2, stdout: "" });
    const unknown = await services("start", "s3");
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("radosgw|minio|azurite");
  });
});
