import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { useFolder } from "./lode.js";
import { builtLode, runLode, startLode } from "./lode-process.js";

const folder = useFolder();
let program = "";

beforeAll(async () => {
  program = await builtLode();
}, 120_000);

/** The modules that a command line loads, by URL. */
async function modulesOf(...argv: string[]): Promise<string[]> {
  const log = join(folder.path, "modules.log");
  const hook = join(folder.path, "hook.mjs");
  const register = join(folder.path, "register.mjs");
  await writeFile(log, "");
  await writeFile(
    hook,
    `import { appendFileSync } from "node:fs";
     export async function resolve(specifier, context, next) {
       const found = await next(specifier, context);
       appendFileSync(${JSON.stringify(log)}, found.url + "\\n");
       return found;
     }`,
  );
  await writeFile(
    register,
    `import { register } from "node:module"; register(${JSON.stringify(`file://${hook}`)});`,
  );
  const nodeArgs = ["--import", register];
  const { code } = await runLode(argv, { cwd: folder.path, nodeArgs });
  expect(code).toBe(0);
  return (await readFile(log, "utf8")).split("\n");
}

async function filesBelow(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** The files of src/ in the bundled modules, each named in a comment above its code. */
async function sourcesOf(modules: readonly string[]): Promise<string[]> {
  const files = modules.filter((url) => url.includes("/dist/cli/"));
  const texts = await Promise.all(files.map((url) => readFile(new URL(url), "utf8")));
  return texts.flatMap((text) =>
    [...text.matchAll(/^\/\/ (src\/\S+\.ts)$/gm)].map((m) => m[1] ?? ""),
  );
}

describe("lode as a process", { timeout: 60_000 }, () => {
  it("prints help and version on standard output, usage errors on standard error", async () => {
    const help = await runLode(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Usage: lode /);
    expect((await runLode(["help"])).stdout).toBe(help.stdout);
    const version = await runLode(["-V"]);
    expect(version.stdout).toMatch(/^lode \d+\.\d+\.\d+\n$/);
    const nothing = await runLode([]);
    expect(nothing).toMatchObject({ code: 2, stdout: "" });
    expect(nothing.stderr).toBe(help.stdout);
    expect((await runLode(["--jsn"])).code).toBe(2);
  });

  it("loads no SDK, no parser and no store to print help", async () => {
    const modules = await modulesOf("--help");
    expect(modules.some((url) => url.endsWith("/cli/main.js"))).toBe(true);
    expect(
      modules.filter((url) => url.includes("/node_modules/") && !url.includes("/.cache/")),
    ).toEqual([]);
    expect(await sourcesOf(modules)).toContain("src/cli/top-help.ts");
    expect(
      (await sourcesOf(modules)).filter((file) => /^src\/(storage|app|core)\//.test(file)),
    ).toEqual([]);
  });

  it("loads no SDK for a command's help, nor for local files", async () => {
    await folder.write({ a: "a" });
    for (const argv of [
      ["cp", "--help"],
      ["ls", "-l", "a"],
      ["cp", "a", "b"],
    ]) {
      const modules = await modulesOf(...argv);
      expect(modules.filter((url) => /@aws-sdk|@azure|@smithy|\/yaml\/|re2js/.test(url))).toEqual(
        [],
      );
      const sources = await sourcesOf(modules);
      expect(sources).toContain("src/cli/run-command.ts");
      expect(sources.filter((file) => /backends\/(s3|azure)\//.test(file))).toEqual([]);
    }
  });

  it("reads the environment and the working directory of the process", async () => {
    await folder.write({ "lode.yaml": "s3:\n  region: file\n" });
    const show = async (env: Record<string, string>) =>
      (await runLode(["config", "show", "s3.region"], { cwd: folder.path, env })).stdout;
    expect(await show({})).toBe("s3.region  file\n");
    expect(await show({ AWS_REGION: "env" })).toBe("s3.region  env\n");
  });

  it("passes bytes through standard input and output unchanged", async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) % 251));
    await writeFile(join(folder.path, "in"), bytes);
    const script = `"${process.execPath}" "${program}" cat in | "${process.execPath}" "${program}" pipe out`;
    const { status } = spawnSync("bash", ["-c", script], { cwd: folder.path });
    expect(status).toBe(0);
    expect((await readFile(join(folder.path, "out"))).equals(bytes)).toBe(true);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("cleans up after %s and exits with %d", async (signal, code) => {
    const child = await startLode(["pipe", "-v", "out/object"], { cwd: folder.path });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    // More than one part, so that an upload in parts is under way.
    await new Promise<void>((resolve, reject) => {
      child.stdin.write(Buffer.alloc(40_000_000), (error) => (error ? reject(error) : resolve()));
    });
    child.kill(signal);
    const [exit] = await once(child, "exit");
    child.stdin.destroy();
    expect(exit).toBe(code);
    expect(stderr).toMatch(/cancelled.*\[aborted\]/);
    const left = await readdir(join(folder.path), { recursive: true });
    expect(left.filter((name) => !/^(out|out\/\.lode-[^/]*|\.lode-[^/]*)$/.test(name))).toEqual([]);
    expect(left.some((name) => name.endsWith("object"))).toBe(false);
  });

  it("leaves no run and no damage behind when putting its data is interrupted", async () => {
    const cwd = folder.path;
    const put = ["run", "put", "-", "--name", "big", "--run", "r1", "--output", "--create"];
    const bytes = randomBytes(40 * 1024 * 1024);
    const child = await startLode(put, { cwd });
    let told = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        told += chunk.toString();
      });
    }
    // More than a pack, and no end: chunks are being stored, and more is waited for.
    await new Promise<void>((resolve, reject) => {
      child.stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    await vi.waitUntil(async () => (await filesBelow(join(cwd, ".lode/runs/packs"))).length > 0, {
      timeout: 30_000,
    });
    child.kill("SIGINT");
    const [exit] = await once(child, "exit");
    child.stdin.destroy();
    expect(exit).toBe(130);
    expect(told).toMatch(/^lode: .*\[aborted\]\n$/);
    for (const left of ["heads", "manifests", "names", "refs", "leases", "data"]) {
      expect(await filesBelow(join(cwd, ".lode/runs", left)), left).toEqual([]);
    }
    expect(await runLode(["run", "ls"], { cwd })).toMatchObject({ code: 0, stdout: "" });
    expect(await runLode(["run", "verify", "--mode", "full"], { cwd })).toMatchObject({ code: 0 });

    await writeFile(join(cwd, "big"), bytes);
    const again = await runLode(["run", "put", "big", ...put.slice(5), "--json"], { cwd });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ run: "r1", revision: 1, bytes: bytes.length });
    await runLode(["run", "get", "r1:big", "back"], { cwd });
    expect((await readFile(join(cwd, "back"))).equals(bytes)).toBe(true);
  });
});

describe("lode into a pipe whose reader leaves", () => {
  let path = "";

  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), "lode-cli-pipe-"));
    await writeFile(join(path, "big"), "x".repeat(5_000_000));
    await mkdir(join(path, "f"));
    // More text than a pipe holds.
    for (let i = 0; i < 1500; i++) {
      await writeFile(
        join(path, "f", `${i}-with-a-rather-long-name-to-fill-a-pipe-the-sooner`),
        "",
      );
    }
  });

  afterAll(async () => {
    await rm(path, { recursive: true, force: true });
  });

  it.each(["ls -r .", "list -r ./", "cat big", "ls -r --json ."])(
    "%s ends quietly with 0",
    (line) => {
      const command = `"${process.execPath}" "${program}" ${line}`;
      const script = `${command} | head -c 10; echo ":\${PIPESTATUS[0]}"`;
      const ran = spawnSync("bash", ["-c", script], { cwd: path, encoding: "utf8" });
      expect(ran.stdout).toMatch(/:0\n$/);
      expect(ran.stderr.replace(/Total objects: \d+\n/, "")).toBe("");
    },
    60_000,
  );
});
