import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.js";
import { exitCodes } from "../../src/cli/exit-codes.js";
import { ERROR_CODES } from "../../src/errors.js";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (...argv: string[]) => lode(argv, { cwd: folder.path });
const read = (name: string) => readFile(join(folder.path, name));

describe("lode cat and pipe", () => {
  it("prints objects and ranges of them", async () => {
    await folder.write({ a: "0123456789", b: "b" });
    expect((await run("cat", "a", "b")).stdout).toBe("0123456789b");
    expect((await run("cat", "--offset", "2", "--length", "3", "a")).stdout).toBe("234");
    expect((await run("cat", "--length", "3", "a")).stdout).toBe("012");
    expect((await run("cat", "--offset", "-4", "a")).stdout).toBe("6789");
    expect((await run("cat", "[ab]")).stdout).toBe("0123456789b");
    expect((await run("cat", "--literal", "[ab]")).code).toBe(10);
    expect((await run("cat", "*.txt")).code).toBe(10);
    expect((await run("stat", "--json", "*")).lines.map((line) => line.size)).toEqual([10, 1]);
    expect((await run("cat", "--offset", "10", "a")).code).toBe(2);
    expect((await run("cat", "--offset", "-1", "--length", "1", "a")).code).toBe(2);
    expect((await run("cat", "--length", "0", "a")).code).toBe(2);
  });

  it("keeps standard output for bytes: errors of --json go to standard error", async () => {
    const { code, stdout, stderr } = await run("cat", "--json", "none");
    expect(code).toBe(10);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "not-found" } });
  });

  it("writes standard input as an object, empty or large", async () => {
    const stdin = gzipSync(Buffer.alloc(1_000_000, "x"));
    for (const uri of ["pipe/file", "mem://lode-cli-pipe/object"]) {
      expect((await lode(["pipe", uri], { cwd: folder.path, stdin })).code).toBe(0);
      expect((await run("stat", "--json", uri)).lines[0]).toMatchObject({ size: stdin.length });
    }
    expect(gunzipSync(await read("pipe/file"))).toHaveLength(1_000_000);
    await lode(["pipe", "empty"], { cwd: folder.path, stdin: "" });
    expect(await read("empty")).toHaveLength(0);
  });

  it("warns that what is written to memory ends with the command", async () => {
    const pipe = (...argv: string[]) => lode(["pipe", ...argv], { cwd: folder.path, stdin: "x" });
    const gone = /is in this command's memory: .* gone when it ends\n$/;
    expect(await pipe("mem://lode-cli-gone/y")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(gone),
    });
    expect((await pipe("--dry-run", "mem://lode-cli-gone/y")).stderr).not.toMatch(gone);
    expect((await pipe("stays")).stderr).toBe("");
    for (const command of ["cp", "upload"]) {
      expect((await run(command, "stays", "mem://lode-cli-gone/z/")).stderr).toMatch(gone);
    }
    await folder.write({ "d/a": "a" });
    const dry = await run("sync", "--dry-run", "d", "mem://lode-cli-gone/d");
    expect(dry.stderr).not.toMatch(gone);
    expect((await run("sync", "d", "mem://lode-cli-gone/d")).stderr).toMatch(/gone when it ends/);
  });

  it("does not replace with --if-absent, nor write in a dry run, nor wait for a terminal", async () => {
    await folder.write({ a: "old" });
    const pipe = (...argv: string[]) => lode(["pipe", ...argv], { cwd: folder.path, stdin: "new" });
    expect((await pipe("--if-absent", "a")).code).toBe(11);
    expect((await pipe("--dry-run", "a")).stderr).toBe("would write standard input to a\n");
    expect((await read("a")).toString()).toBe("old");
    expect((await pipe("folder/")).stderr).toMatch(/names a folder/);
    const typed = await lode(["pipe", "a"], { cwd: folder.path, stdinIsTerminal: true });
    expect(typed.code).toBe(2);
    const result = await pipe("--json", "a");
    expect(result.lines).toMatchObject([{ type: "object", size: 3 }]);
  });
});

describe("lode put and get", () => {
  it("generates objects that are incompressible and all different", async () => {
    const { code, stdout } = await run("put", "-n", "3", "-s", "100k", "bench");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Uploaded 3 objects \(total 300000 bytes\) in \d+\.\d{9}s \(\d+\.\d\d objects\/s, \d+\.\d\d MB\/s\)\n$/,
    );
    const names = (await readdir(join(folder.path, "bench"))).sort();
    expect(names).toEqual(["object_0_of_3.dat", "object_1_of_3.dat", "object_2_of_3.dat"]);
    const bodies = await Promise.all(names.map((name) => read(`bench/${name}`)));
    expect(new Set(bodies.map((body) => body.toString("hex"))).size).toBe(3);
    for (const body of bodies) expect(gzipSync(body).length).toBeGreaterThan(100_000);
  });

  it("generates the same bytes for the same seed only", async () => {
    for (const [name, seed] of [
      ["a", "7"],
      ["b", "7"],
      ["c", "8"],
    ] as const) {
      await run("put", "-s", "3000000", "--seed", seed, "-t", name, ".");
    }
    const [a, b, c] = await Promise.all([read("a"), read("b"), read("c")]);
    expect(a.equals(b)).toBe(true);
    expect(a.equals(c)).toBe(false);
  });

  it("generates files of formats, as compressible and repetitive as asked for", async () => {
    const { code } = await run(
      "put",
      "-o",
      "npz",
      "-d",
      "2",
      "-x",
      "4",
      "-s",
      "8MiB",
      "-t",
      "a",
      ".",
    );
    expect(code).toBe(0);
    const body = await read("a");
    expect(body).toHaveLength(8 * 2 ** 20);
    expect(body.subarray(0, 2).toString()).toBe("PK");
    const packed = gzipSync(body).length;
    expect(packed).toBeGreaterThan(1.9 * 2 ** 20);
    expect(packed).toBeLessThan(2.2 * 2 ** 20);
    const blocks = new Set<string>();
    for (let at = 0; at < body.length; at += 4096) {
      blocks.add(body.toString("latin1", at, at + 4096));
    }
    expect(body.length / 4096 / blocks.size).toBeCloseTo(2, 1);
  });

  it("refuses what it cannot generate, and names that would collide", async () => {
    const small = await run("put", "-o", "npz", "-s", "10", "bench");
    expect(small.code).toBe(2);
    expect(small.stderr).toMatch(/10 bytes are too few .* NPZ object of this kind has \d+/);
    expect((await run("put", "-o", "mp3", "bench")).code).toBe(2);
    expect((await run("put", "-d", "0.5", "bench")).stderr).toMatch(/-d cannot be "0.5"/);
    expect((await run("put", "-x", "51", "bench")).stderr).toMatch(/from 1 to 50/);
    expect((await run("put", "-n", "2", "-t", "same", "bench")).stderr).toMatch(/same name/);
    expect((await run("put", "-n", "2", "--dry-run", "bench")).stdout).toMatch(
      /^would write .*\nwould/,
    );
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("reads and throws the data away", async () => {
    await folder.write({ "d/a": "12345", "d/b": "123", "d/s/c": "1" });
    const { code, stdout } = await run("get", "d/");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^downloaded 0\.00 MB in \d+\.\d{9}s \(\d+\.\d\d MB\/s\)\n$/);
    const bytes = async (...argv: string[]) =>
      (await run("get", "--json", ...argv)).lines[0]?.bytes;
    expect(await bytes("d/")).toBe(9);
    expect(await bytes("d/a")).toBe(5);
    expect(await bytes("d/*")).toBe(8);
    expect(await bytes("-r", "-p", ".*c", "d/")).toBe(1);
    expect(await bytes("--offset", "1", "--length", "2", "d/*")).toBe(4);
  });

  it("reads what a list names and tells which failed", async () => {
    await folder.write({ "d/a": "12345", list: "d/a\nd/none\n" });
    const { code, lines, stderr } = await run("get", "--json", "--keylist", "list");
    expect(code).toBe(3);
    expect(lines[0]).toMatchObject({
      type: "item",
      status: "failed",
      error: { code: "not-found" },
    });
    expect(lines[1]).toMatchObject({ type: "get", objects: 1, failed: 1, bytes: 5 });
    expect(lines[2]).toMatchObject({ error: { code: "partial-failure" } });
    expect(stderr).toMatch(/d\/none.*\[not-found\]/);
    expect((await run("get")).code).toBe(2);
    expect((await run("get", "--keylist", "missing")).stderr).toMatch(
      /list missing cannot be read/,
    );
    expect((await run("get", "none/")).code).toBe(10);
  });
});

describe("lode create-bucket and delete-bucket", () => {
  it("creates and deletes, and says so on standard error", async () => {
    const uri = `file://${folder.path}/bucket`;
    expect((await run("create-bucket", "--dry-run", uri)).stderr).toBe(`would create ${uri}\n`);
    expect(await readdir(folder.path)).toEqual([]);
    expect(await run("create-bucket", uri)).toMatchObject({
      code: 0,
      stdout: "",
      stderr: `Successfully created or verified '${uri}'.\n`,
    });
    expect((await run("create-bucket", `${uri}/`)).code).toBe(0);
    expect((await run("delete-bucket", uri)).stderr).toBe(`Successfully deleted '${uri}'.\n`);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("deletes no bucket that holds something", async () => {
    await folder.write({ "bucket/a": "a" });
    expect((await run("delete-bucket", "--dry-run", "./bucket")).code).toBe(11);
    expect((await run("delete-bucket", "./bucket")).code).not.toBe(0);
    expect(await readdir(folder.path)).toEqual(["bucket"]);
    expect((await run("delete-bucket", "s3://b/key")).stderr).toMatch(/does not name a bucket/);
  });
});

describe("lode presign and multipart", () => {
  it("says what a store cannot do, with its own exit code", async () => {
    await folder.write({ a: "a" });
    const { code, stderr } = await run("presign", "a");
    expect(code).toBe(12);
    expect(stderr).toMatch(/presigned URL is not supported/);
    expect((await run("presign", "--method", "LOOK", "a")).code).toBe(2);
  });

  it("signs a URL without asking any server", async () => {
    const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "hidden" };
    const argv = [
      "presign",
      "--expires",
      "10m",
      "--endpoint-url",
      "http://127.0.0.1:1",
      "s3://bucket/a b",
    ];
    const { code, stdout } = await lode(argv, { cwd: folder.path, env });
    expect(code).toBe(0);
    const url = new URL(stdout.trim());
    expect(url.searchParams.get("X-Amz-Expires")).toBe("600");
    expect(url.pathname).toMatch(/a%20b$/);
    expect(stdout).not.toContain("hidden");
  });

  it("lists and aborts unfinished uploads", async () => {
    const { openStore } = await import("../../src/storage/index.js");
    const store = await openStore("mem://lode-cli-multipart");
    const upload = await store.startMultipart("p/a");
    await store.startMultipart("pq");
    const uri = "mem://lode-cli-multipart";
    expect((await run("multipart", "ls", `${uri}/p`)).stdout).toMatch(
      new RegExp(`^\\d{4}-.*\\t${upload.id}\\t${uri}/p/a\\n$`),
    );
    expect((await run("multipart", "ls", "--json", uri)).lines).toHaveLength(2);
    expect((await run("multipart", "abort", "--dry-run", uri)).stderr).toBe(
      "2 uploads would be aborted\n",
    );
    expect((await run("multipart", "abort", "--older-than", "1h", uri)).stderr).toBe(
      "0 uploads aborted\n",
    );
    expect((await run("multipart", "abort", `${uri}/p/`)).stderr).toBe("1 upload aborted\n");
    expect((await run("multipart", "ls", uri)).stdout.split("\n")).toHaveLength(2);
    expect((await run("multipart", "abrot", uri)).stderr).toMatch(/did you mean abort\?/);
  });
});

describe("lode config", () => {
  it("shows each value and where it comes from, and no secret", async () => {
    await folder.write({ "lode.yaml": "s3:\n  region: eu-1\ntransfer:\n  part-size: 16MiB\n" });
    const env = { AWS_ENDPOINT_URL: "http://u:hunter2@h:1", AWS_SECRET_ACCESS_KEY: "hunter3" };
    const argv = ["config", "show", "--origin", "--set", "transfer.concurrency=7"];
    const { code, stdout } = await lode(argv, { cwd: folder.path, env });
    expect(code).toBe(0);
    const rows = new Map(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => [line.split(/\s{2,}/)[0], line.split(/\s{2,}/).slice(1)]),
    );
    expect(rows.get("s3.region")).toEqual(["eu-1", `project: ${folder.path}/lode.yaml:2`]);
    expect(rows.get("s3.endpoint")).toEqual(["http://***@h:1", "environment: AWS_ENDPOINT_URL"]);
    expect(rows.get("transfer.part-size")?.[0]).toBe("16.0 MiB");
    expect(rows.get("transfer.concurrency")).toEqual(["7", "flag: --set transfer.concurrency"]);
    expect(rows.get("s3.checksum")).toEqual(["auto", "default"]);
    expect(stdout).not.toMatch(/hunter/);
  });

  it("takes flags before or after the command's name", async () => {
    const show = ["config", "show", "s3.region", "--json"];
    for (const argv of [
      ["--region", "r-1", ...show],
      [...show, "--region", "r-1"],
    ]) {
      expect((await run(...argv)).lines).toEqual([
        { name: "s3.region", value: "r-1", origin: "flag", where: "--region" },
      ]);
    }
    expect((await run("--endpoint", "http://h", "config", "show", "s3.endpoint")).stdout).toBe(
      "s3.endpoint  http://h\n",
    );
  });

  it("reads .env, which overrides nothing", async () => {
    await folder.write({ ".env": "AWS_REGION=dotenv\nAWS_ENDPOINT_URL=http://dotenv\n" });
    const { lines } = await lode(["config", "show", "--json"], {
      cwd: folder.path,
      env: { AWS_REGION: "set" },
    });
    const value = (name: string) => lines.find((line) => line.name === name)?.value;
    expect(value("s3.region")).toBe("set");
    expect(value("s3.endpoint")).toBe("http://dotenv");
  });

  it("refuses unknown names in files and flags, and warns of those in the environment", async () => {
    expect((await run("config", "show", "s3.regoin")).stderr).toMatch(/did you mean s3\.region\?/);
    expect((await run("--set", "s3.regoin=x", "ls")).stderr).toMatch(/did you mean s3\.region\?/);
    expect((await run("--set", "s3.region", "ls")).stderr).toMatch(/has no value/);
    const warned = await lode(["config", "show"], { cwd: folder.path, env: { LODE_STOER: "x" } });
    expect(warned.code).toBe(0);
    expect(warned.stderr).toMatch(/LODE_STOER .* did you mean LODE_STORE\?/);
    await folder.write({ "lode.yaml": "stoer: x\n" });
    const refused = await run("ls", ".");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/lode\.yaml:1: there is no setting stoer; did you mean store\?/);
  });

  it("describes every setting", async () => {
    const { stdout } = await run("config", "describe");
    expect(stdout).toMatch(/^transfer\.part-size \(size, default 8\.00 MiB\)$/m);
    expect(stdout).toMatch(/LODE_S3_REGION, AWS_REGION, AWS_DEFAULT_REGION/);
    expect((await run("config", "shwo")).stderr).toMatch(/cannot "shwo"/);
  });
});

describe("lode doctor", () => {
  it("finds a sound installation sound, without telling a secret", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIAHIDDEN", AWS_SECRET_ACCESS_KEY: "hidden" };
    const { code, stdout } = await lode(["doctor"], { cwd: folder.path, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {4}aws credentials +found keys in the environment$/m);
    expect(stdout).toMatch(/^ok {4}store /m);
    expect(stdout.toLowerCase()).not.toMatch(/hidden/);
  });

  it("fails if the store does not answer", async () => {
    const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" };
    const argv = [
      "doctor",
      "--json",
      "--endpoint-url",
      "http://127.0.0.1:1",
      "--set",
      "retry.attempts=1",
      "s3://bucket",
    ];
    const { code, lines } = await lode(argv, { cwd: folder.path, env });
    expect(code).toBe(1);
    expect(lines.find((line) => line.name === "store")).toMatchObject({ status: "failed" });
  });
});

describe("usage", () => {
  it("suggests the command and the option that was meant", async () => {
    const command = await run("downlaod", "a", "b");
    expect(command.code).toBe(2);
    expect(command.stderr).toBe(
      'lode: there is no command "downlaod"; did you mean download? [invalid-argument]\n',
    );
    const option = await run("ls", "--recursve");
    expect(option.code).toBe(2);
    expect(option.stderr).toMatch(/unknown option '--recursve'; did you mean --recursive\?/);
    expect((await run("cp", "a")).stderr).toMatch(/a source and a target are needed/);
    expect((await run("stat")).stderr).toMatch(/missing required argument 'uri'/);
    expect((await run("get", "-j", "0", "a/")).stderr).toMatch(/from 1 to 4096/);
    expect((await run("cp", "--part-size", "big", "a", "b")).stderr).toMatch(/not a size/);
    expect((await run("rm", "-r", "")).stderr).toMatch(/an empty text is no place/);
    for (const place of ["/", "file:///", "/*", "direct:///**"]) {
      expect((await run("rm", "-r", "--dry-run", place)).stderr).toMatch(/whole local disk/);
    }
    expect((await run("cp", "-", "s3://bucket/key")).stderr).toMatch(
      /lode pipe writes standard input/,
    );
    expect((await run("ls", "gs://bucket")).stderr).toMatch(/its scheme is none of/);
    expect((await run("--json", "lss")).lines).toMatchObject([
      { error: { code: "invalid-argument" } },
    ]);
  });

  it.each(COMMANDS.map((command) => command.name))(
    "explains %s with examples and exit codes",
    async (name) => {
      const { code, stdout, stderr } = await run(name, "--help");
      expect(code).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toMatch(new RegExp(`^Usage: lode ${name} `));
      expect(stdout).toMatch(/\nExamples:\n {2}# .+\n {2}\$ .*lode /);
      expect(stdout).toMatch(/\nExit codes:\n {4}0 {2}all done/);
      expect(stdout).toMatch(/\nGlobal options:\n/);
      expect((await run("help", name)).stdout).toBe(stdout);
    },
  );

  it("has --dry-run on every command that changes something", async () => {
    for (const { name, load } of COMMANDS) {
      const { changes, options } = await load();
      const has = options.some((option) => option.flags === "--dry-run");
      expect([name, has]).toEqual([name, changes]);
    }
  });

  it("documents an exit code for every error code", () => {
    const documented = exitCodes().flatMap(({ errors }) => errors);
    expect(documented.sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });
});

describe("lode completion", () => {
  it.each(["bash", "zsh", "fish"])("prints a script for %s with all commands", async (shell) => {
    const { code, stdout } = await run("completion", shell);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toContain(name);
    expect(stdout).toMatch(/dry-run/);
  });

  it("prints bash that bash accepts and that completes", async () => {
    const { spawnSync } = await import("node:child_process");
    await mkdir(folder.path, { recursive: true });
    const script = join(folder.path, "completion.bash");
    await writeFile(script, (await run("completion", "bash")).stdout);
    const probe = (words: string) =>
      `source ${script}; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _lode; echo "\${COMPREPLY[@]}"`;
    const complete = (words: string) =>
      spawnSync("bash", ["-c", probe(words)], { encoding: "utf8" })
        .stdout.trim()
        .split(" ");
    expect(complete("lode do")).toEqual(["download", "doctor"]);
    expect(complete("lode rm --dr")).toEqual(["--dry-run"]);
  });
});

describe("the help of a command", () => {
  it.each([
    ["cp", "Usage: lode cp [options] <source...> <target>"],
    ["mv", "Usage: lode mv [options] <source...> <target>"],
    ["upload", "Usage: lode upload [options] <files...> <uri>"],
    ["download", "Usage: lode download [options] <uri...> <folder>"],
    ["sync", "Usage: lode sync [options] <source> <target>"],
  ])("shows what %s takes, the target too", async (name, usage) => {
    const { stdout } = await run(name, "--help");
    expect(stdout.split("\n")[0]).toBe(usage);
    const last = usage.match(/<(\w+)>$/)?.[1];
    expect(stdout).toMatch(new RegExp(`^Arguments:\n.*\n  ${last} `, "m"));
    expect((await run(name, "only-one")).code).toBe(2);
  });

  it("fills its lines, whatever the lines of the source are", async () => {
    const { stdout } = await run("cp", "--help");
    const lines = (stdout.split("\n\n")[2] ?? "").split("\n");
    const next = lines.slice(1).map((line) => line.split(" ")[0] ?? "");
    // A line ends only where the next word would not fit any more.
    for (const [i, word] of next.entries())
      expect(`${lines[i]} ${word}`.length).toBeGreaterThan(79);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("tells apart what goes on after a kill from what Ctrl-C aborts", async () => {
    for (const name of ["cp", "mv", "sync", "upload", "download"]) {
      const text = (await run(name, "--help")).stdout.replace(/\s+/g, " ");
      expect(text).toContain(
        "After a kill -9, a crash or a lost connection the same command goes on",
      );
      expect(text).toContain("Ctrl-C (SIGINT) and SIGTERM abort what is under way on purpose");
    }
  });
});

describe("lode -v and -vv", () => {
  it("tells each object, then each call to a store, on standard error only", async () => {
    await folder.write({ a: "abc" });
    const [quiet, verbose, debug] = await Promise.all([
      run("cp", "a", "b"),
      run("-v", "cp", "a", "c"),
      run("cp", "-vv", "a", "d"),
    ]);
    expect(quiet).toMatchObject({ stdout: "", stderr: "" });
    expect(verbose.stderr).toMatch(/^copied file:.*\/a -> file:.*\/c\n1 object, 3 B in /);
    expect(debug.stdout).toBe("");
    expect(debug.stderr).toMatch(/^copy file:.*\/a: \d+ bytes, 1 objects, \d+\.\d ms$/m);
  });

  it("tells of requests that are repeated", async () => {
    const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "hidden" };
    const argv = [
      "ls",
      "-v",
      "--endpoint-url",
      "http://127.0.0.1:1",
      "--set",
      "retry.attempts=2",
      "s3://bucket/",
    ];
    const { code, stderr } = await lode(argv, { cwd: folder.path, env });
    expect(code).toBe(14);
    expect(stderr).toMatch(/^try 1 of list .* failed \(connection\); again in \d+ ms$/m);
  });
});
