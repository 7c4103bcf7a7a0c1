import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { bundleCommand } from "../../scripts/bundle-command.js";
import { TEST_HOME } from "./test-home.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const CACHE = join(ROOT, "node_modules", ".cache", "lode-cli-test");

let built: string | undefined;

/** Bundles the command beside the packages it needs, once for each state of the source; gives `lode.js`. */
export async function builtLode(): Promise<string> {
  built ??= await build();
  return built;
}

async function build(): Promise<string> {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort();
  const sources = files.map((file) => readFileSync(join(ROOT, "src", file), "utf8"));
  sources.push(readFileSync(join(ROOT, "scripts", "bundle-command.ts"), "utf8"));
  const hash = createHash("sha256").update(files.join("\n"));
  for (const source of sources) hash.update(source);
  const folder = join(CACHE, hash.digest("hex").slice(0, 16));
  const program = join(folder, "bin", "lode.js");
  if (existsSync(program)) return program;
  const made = `${folder}.${process.pid}`;
  await bundleCommand(ROOT, join(made, "dist"));
  cpSync(join(ROOT, "bin"), join(made, "bin"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(made, "package.json"));
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another test file was faster.
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(program)) throw error;
  }
  return program;
}

export interface ProcessResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `lode` as its users do and waits for its end. */
export async function runLode(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string; nodeArgs?: string[] } = {},
): Promise<ProcessResult> {
  const program = await builtLode();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...(options.nodeArgs ?? []), program, ...argv],
    {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      input: options.input ?? "",
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    },
  );
  return { code: status, stdout, stderr };
}

/** Starts `lode`, to be interrupted or fed. */
export async function startLode(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<ChildProcessByStdio<Writable, Readable, Readable>> {
  const program = await builtLode();
  return spawn(process.execPath, [program, ...argv], {
    cwd: options.cwd,
    env: childEnvironment(options.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Nothing of the tester's own settings and credentials may be seen. */
function childEnvironment(env: Record<string, string> | undefined): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: TEST_HOME, ...env };
}
