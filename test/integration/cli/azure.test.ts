import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lode, useFolder } from "../../cli/lode.js";
import { AZURITE } from "../azure/azurite.js";
import { S3_SERVERS } from "../s3/s3-servers.js";

const ACCOUNT = /AccountName=([^;]+)/.exec(AZURITE ?? "")?.[1] ?? "devstoreaccount1";

describe.skipIf(AZURITE === undefined)("lode on azurite", () => {
  const folder = useFolder();
  let base = "";
  const [s3] = S3_SERVERS.filter((server) => server.url !== undefined);
  const env = {
    AZURE_STORAGE_CONNECTION_STRING: AZURITE,
    AWS_ACCESS_KEY_ID: s3?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3?.secretAccessKey,
    AWS_ENDPOINT_URL: s3?.url,
    AWS_REGION: "us-east-1",
  };
  const run = (...argv: string[]) => lode(argv, { cwd: folder.path, env });
  const ok = async (...argv: string[]) => {
    const result = await run(...argv);
    expect(result.stderr).not.toMatch(/^lode: /m);
    expect(result.code).toBe(0);
    return result;
  };

  beforeEach(async () => {
    base = `az://${ACCOUNT}/lode-cli-${randomBytes(6).toString("hex")}`;
    await ok("create-bucket", base);
  });

  afterEach(async () => {
    await run("rm", "-r", "-f", `${base}/`);
    await run("delete-bucket", base);
  });

  it("uploads, lists, shows, reads a range of, syncs and deletes", async () => {
    const large = randomBytes(30_000_000);
    await folder.write({ "d/a.txt": "0123456789", "d/sub/c": "c" });
    await writeFile(join(folder.path, "d/large"), large);
    await ok("upload", "d", `${base}/`);
    expect((await ok("ls", `az://${ACCOUNT}`)).stdout).toContain(`${base}\n`);
    expect((await ok("ls", `${base}/d/`)).stdout).toBe(
      `${base}/d/a.txt\n${base}/d/large\n${base}/d/sub/\n`,
    );
    expect((await ok("stat", "--json", `${base}/d/large`)).lines[0]).toMatchObject({
      size: large.length,
    });
    expect((await ok("cat", "--offset", "3", "--length", "2", `${base}/d/a.txt`)).stdout).toBe(
      "34",
    );
    await ok("download", "-r", `${base}/d/`, "back");
    expect((await readFile(join(folder.path, "back/large"))).equals(large)).toBe(true);
    expect((await ok("sync", "--compare", "size", "d", `${base}/d`)).stderr).toBe("3 skipped\n");
    expect((await ok("rm", "-r", `${base}/d`)).stderr).toBe("3 objects deleted\n");
    expect((await run("stat", `${base}/d/a.txt`)).code).toBe(10);
  });

  it("keeps an access tier", async () => {
    await folder.write({ a: "a" });
    await ok("cp", "--storage-class", "Cool", "a", `${base}/a`);
    expect((await ok("stat", `${base}/a`)).stdout).toMatch(/^StorageClass {4}: Cool$/m);
  });

  it("tells no secret when it is refused", async () => {
    const wrong = AZURITE?.replace(/AccountKey=[^;]+/, "AccountKey=d3Jvbmc=");
    const { code, stdout, stderr } = await lode(["ls", "-vv", "--json", `${base}/`], {
      env: { AZURE_STORAGE_CONNECTION_STRING: wrong },
    });
    expect(code).toBe(13);
    expect(stdout + stderr).not.toMatch(/d3Jvbmc=/);
  });

  describe.skipIf(s3 === undefined)("with an S3 server", () => {
    const bucket = `s3://lode-cli-az-${randomBytes(6).toString("hex")}`;

    afterEach(async () => {
      await run("rm", "-r", "-f", `${bucket}/`);
      await run("delete-bucket", bucket);
    });

    it("copies from S3 to Azure, back, and moves", async () => {
      await ok("put", "-c", "-n", "3", "-s", "20MiB", "--seed", "1", `${bucket}/p/`);
      await ok("cp", "-r", "-j", "2", "--verify", `${bucket}/p/`, `${base}/q/`);
      await ok("cp", `${base}/q/object_1_of_3.dat`, `${bucket}/again`);
      await ok("cp", `${bucket}/again`, `${bucket}/p/object_1_of_3.dat`, "local/");
      const [again, first] = await Promise.all(
        ["again", "object_1_of_3.dat"].map((name) => readFile(join(folder.path, "local", name))),
      );
      expect(first?.equals(again ?? Buffer.alloc(0))).toBe(true);
      await ok("mv", "-r", `${base}/q/`, `${bucket}/moved/`);
      expect((await ok("list", "-r", `${base}/`)).stderr).toBe("Total objects: 0\n");
      expect((await ok("list", "-r", `${bucket}/moved/`)).stderr).toBe("Total objects: 3\n");
    });
  });
});
