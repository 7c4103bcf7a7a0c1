import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lode, useFolder } from "../../cli/lode.js";
import { startLode } from "../../cli/lode-process.js";
import { S3_SERVERS } from "../s3/s3-servers.js";

describe.each(S3_SERVERS)("lode on $name", ({ name, url, accessKeyId, secretAccessKey }) => {
  describe.skipIf(url === undefined)("with a bucket of its own", () => {
    const folder = useFolder();
    let bucket = "";
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL: url,
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
      bucket = `lode-cli-${randomBytes(6).toString("hex")}`;
    });

    afterEach(async () => {
      await run("multipart", "abort", `s3://${bucket}`);
      await run("rm", "-r", "-f", `s3://${bucket}/`);
      await run("delete-bucket", bucket);
    });

    it("runs the seed's examples", async () => {
      const uri = `s3://${bucket}/`;
      const put = await ok("put", "-c", "-n", "1200", "-s", "2000", "-t", "russ-test3-{}.obj", uri);
      expect(put.stdout).toMatch(/^Uploaded 1200 objects \(total 2400000 bytes\) in /);
      const list = await ok("list", uri);
      expect(list.stdout.trimEnd().split("\n")).toHaveLength(1200);
      expect(list.stdout).toMatch(/^russ-test3-0\.obj\n/);
      expect(list.stderr).toBe("Total objects: 1200\n");
      const get = await ok("get", "-j", "32", uri);
      expect(get.stdout).toMatch(/^downloaded 2\.29 MB in \d+\.\d{9}s \(/);
      // The seed deletes all of a bucket without being asked twice; here it needs -r.
      const refused = await run("delete", uri);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/is a folder; add -r/);
      expect((await ok("delete", "-r", uri)).stderr).toBe("1200 objects deleted\n");
      expect(await ok("list", uri)).toMatchObject({ stdout: "", stderr: "Total objects: 0\n" });
      await ok("put", "-n", "2", "-s", "10", uri);
      expect((await ok("list", uri)).stdout).toBe("object_0_of_2.dat\nobject_1_of_2.dat\n");
    });

    it("keeps what it read of runs, unless it may not", async () => {
      const runs = `s3://${bucket}/runs`;
      const content = randomBytes(3_000_000);
      await ok("create-bucket", bucket);
      await writeFile(join(folder.path, "data.bin"), content);
      await ok("run", "put", "data.bin", "--store", runs);
      const get = async (to: string, more: Record<string, string> = {}) => {
        const cache = { XDG_CACHE_HOME: join(folder.path, "cache") };
        const options = { cwd: folder.path, env: { ...env, ...cache, ...more } };
        return (await lode(["run", "get", "data.bin", to, "--store", runs], options)).code;
      };
      expect(await get("first.bin")).toBe(0);
      await ok("rm", "-r", "-f", `${runs}/packs/`);
      expect(await get("second.bin")).toBe(0);
      expect((await readFile(join(folder.path, "second.bin"))).equals(content)).toBe(true);
      expect(await get("third.bin", { LODE_RUNS_CACHE_SIZE: "0" })).toBe(15);
    });

    it("reads the seed's .env", async () => {
      await folder.write({
        ".env": `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\nAWS_ENDPOINT_URL=${url}\nAWS_REGION=us-east-1\nS3_BUCKET=x\n`,
      });
      const bare = (...argv: string[]) => lode(argv, { cwd: folder.path });
      expect((await bare("create-bucket", bucket)).code).toBe(0);
      expect((await bare("ls", "s3://")).stdout).toContain(`s3://${bucket}\n`);
    });

    it("moves real files there and back, by every way", async () => {
      const large = randomBytes(40_000_000);
      await folder.write({ "d/a.txt": "one", "d/sub/ü + c.txt": "three" });
      await writeFile(join(folder.path, "d", "large.bin"), large);
      await ok("create-bucket", `s3://${bucket}`);
      await ok("upload", "d", `s3://${bucket}/p/`);
      expect((await ok("ls", "-r", `s3://${bucket}/p/`)).stdout).toBe(
        `s3://${bucket}/p/d/a.txt\ns3://${bucket}/p/d/large.bin\ns3://${bucket}/p/d/sub/ü + c.txt\n`,
      );
      const stat = (await ok("stat", "--json", `s3://${bucket}/p/d/large.bin`)).lines[0];
      expect(stat).toMatchObject({ type: "object", size: large.length, key: "p/d/large.bin" });
      await ok("download", "-r", "--verify", `s3://${bucket}/p/`, "back");
      expect((await readFile(join(folder.path, "back/d/large.bin"))).equals(large)).toBe(true);
      expect((await ok("sync", `s3://${bucket}/p/d`, "back/d")).stderr).toBe("3 skipped\n");
      await ok("cp", `s3://${bucket}/p/d/large.bin`, `s3://${bucket}/copy`);
      await ok("mv", `s3://${bucket}/copy`, `s3://${bucket}/moved`);
      expect((await ok("du", `s3://${bucket}/`)).stdout).toMatch(/^80000008\t4\t/);
      const range = await ok("cat", "--offset", "-2", `s3://${bucket}/p/d/a.txt`);
      expect(range.stdout).toBe("ne");
      await ok("rm", `s3://${bucket}/p/d/sub/ü + c.txt`);
      expect((await ok("tree", `s3://${bucket}/`)).stderr).toBe("2 folders, 3 objects\n");
      expect((await readdir(join(folder.path, "back/d"))).sort()).toEqual([
        "a.txt",
        "large.bin",
        "sub",
      ]);
    });

    it("never takes a name for a prefix", async () => {
      await ok("create-bucket", bucket);
      const keys = ["a+b(1).txt", "foo", "foobar", "xfoo"];
      // MinIO keeps objects as folders, and so does not list one below another.
      if (name !== "minio") keys.splice(2, 0, "foo/x");
      for (const key of keys) {
        const uri = `s3://${bucket}/${key}`;
        expect((await lode(["pipe", uri], { cwd: folder.path, env, stdin: key })).code).toBe(0);
      }
      const below = keys.includes("foo/x");
      const shown = ["foo", ...(below ? ["foo/x"] : [])].map((key) => `s3://${bucket}/${key}\n`);
      expect((await ok("ls", `s3://${bucket}/foo`)).stdout).toBe(shown.join(""));
      const list = async () => (await ok("list", "-r", `s3://${bucket}/`)).stdout.split("\n");
      await ok("rm", `s3://${bucket}/foo`);
      const left = keys.filter((key) => key !== "foo");
      expect(await list()).toEqual([...left, ""]);
      expect((await run("rm", `s3://${bucket}/foo`)).code).toBe(below ? 2 : 10);
      expect((await ok("cat", `s3://${bucket}/a+b(1).txt`)).stdout).toBe("a+b(1).txt");
      await run("rm", "-r", `s3://${bucket}/foo`);
      expect(await list()).toEqual(["a+b(1).txt", "foobar", "xfoo", ""]);
    });

    it("makes URLs that work for whoever has them", async () => {
      await ok("create-bucket", bucket);
      const write = (await ok("presign", "--method", "PUT", `s3://${bucket}/k`)).stdout.trim();
      // As bytes: radosgw takes a content type, which text would bring along, for part of the signature.
      const body = new TextEncoder().encode("by url");
      expect((await fetch(write, { method: "PUT", body })).status).toBe(200);
      const read = (await ok("presign", `s3://${bucket}/k`)).stdout.trim();
      expect(await (await fetch(read)).text()).toBe("by url");
    });

    it("answers with the exit code of each failure, and no secret", async () => {
      expect((await run("ls", `s3://${bucket}/`)).code).toBe(10);
      await ok("create-bucket", bucket);
      expect((await ok("create-bucket", bucket)).stderr).toMatch(/created or verified/);
      await ok("put", "-t", "k", "-s", "5", `s3://${bucket}/`);
      expect((await run("stat", `s3://${bucket}/none`)).code).toBe(10);
      expect((await run("cp", `s3://${bucket}/none`, "x")).code).toBe(10);
      expect((await run("delete-bucket", bucket)).code).toBe(11);
      const piped = await lode(["pipe", "--if-absent", `s3://${bucket}/k`], { env, stdin: "x" });
      expect(piped.code).toBe(11);
      const wrong = await lode(["ls", "-vv", `s3://${bucket}/`], {
        env: { ...env, AWS_SECRET_ACCESS_KEY: "wrong-and-hidden" },
      });
      expect(wrong.code).toBe(13);
      expect(wrong.stderr).not.toMatch(/wrong-and-hidden/);
      const nowhere = await run(
        "ls",
        "--endpoint-url",
        "http://127.0.0.1:1",
        "--set",
        "retry.attempts=1",
        `s3://${bucket}/`,
      );
      expect(nowhere.code).toBe(14);
    });

    it("leaves nothing of an upload that is interrupted", async () => {
      await ok("create-bucket", bucket);
      const child = await startLode(["pipe", `s3://${bucket}/half`], {
        env: { ...env, AWS_ENDPOINT_URL: url ?? "" },
      });
      // Enough for parts to be under way, and no end.
      await new Promise<void>((resolve, reject) => {
        child.stdin.write(Buffer.alloc(50_000_000), (error) => (error ? reject(error) : resolve()));
      });
      const begun = async () => (await ok("multipart", "ls", `s3://${bucket}`)).stdout;
      await expect.poll(begun, { timeout: 20_000 }).toContain(`s3://${bucket}/half\n`);
      child.kill("SIGINT");
      expect((await once(child, "exit"))[0]).toBe(130);
      child.stdin.destroy();
      expect(await begun()).toBe("");
      expect((await run("stat", `s3://${bucket}/half`)).code).toBe(10);
    });

    it("finds itself healthy", async () => {
      await ok("create-bucket", bucket);
      expect((await ok("doctor", `s3://${bucket}`)).stdout).toMatch(/^ok {4}store /m);
    });

    it("changes nothing in any dry run", async () => {
      await folder.write({ f: "f" });
      await ok("put", "-c", "-n", "2", "-s", "5", `s3://${bucket}/`);
      const before = (await ok("ls", "-r", "--json", `s3://${bucket}/`)).stdout;
      const [one, two] = [`s3://${bucket}/object_0_of_2.dat`, `s3://${bucket}/object_1_of_2.dat`];
      for (const argv of [
        ["cp", one, `s3://${bucket}/c`],
        ["mv", one, `s3://${bucket}/c`],
        ["rm", one, two],
        ["rm", "-r", `s3://${bucket}/`],
        ["delete", one],
        ["sync", "--delete", ".", `s3://${bucket}/`],
        ["upload", "f", `s3://${bucket}/`],
        ["put", `s3://${bucket}/`],
        ["pipe", `s3://${bucket}/p`],
        ["download", one, "."],
        ["create-bucket", `${bucket}-2`],
        ["multipart", "abort", `s3://${bucket}`],
      ]) {
        await ok(...argv, "--dry-run");
      }
      expect((await run("delete-bucket", "--dry-run", bucket)).code).toBe(11);
      expect((await ok("ls", "-r", "--json", `s3://${bucket}/`)).stdout).toBe(before);
      expect((await run("ls", `s3://${bucket}-2/`)).code).toBe(10);
      expect(await readdir(folder.path)).toEqual(["f"]);
    });
  });
});
