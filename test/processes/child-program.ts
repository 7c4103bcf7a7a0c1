import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** How a child ended: killed with -9, or of itself with what it printed. */
export interface ChildEnd {
  readonly killed: boolean;
  readonly output: string;
}

/** A test's program that runs in processes of its own; its task is its one argument, as JSON. */
export interface ChildProgram<T> {
  /** The bundled program, for processes that are started otherwise. */
  readonly script: string;
  /** Throws if the process fails otherwise than by being killed. */
  run(task: T): Promise<ChildEnd>;
  drop(): Promise<void>;
}

/** Bundles a program of `test/` to one file: to compile it anew for each child would take longer than its work. */
export async function childProgram<T>(entryPoint: string): Promise<ChildProgram<T>> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  // Packages are looked for from here.
  const folder = await mkdtemp(join(cache, "lodestore-child-"));
  await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "warning",
  });
  const script = join(folder, basename(entryPoint).replace(/\.ts$/, ".js"));
  return {
    script,
    run: (task) => runScript(script, JSON.stringify(task)),
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function runScript(script: string, task: string): Promise<ChildEnd> {
  const child = spawn(process.execPath, [script, task], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code, signal] = await once(child, "close");
  if (signal === "SIGKILL") return { killed: true, output };
  if (code === 0) return { killed: false, output };
  throw new Error(`the child ended with ${code ?? signal}: ${output}${errors}`);
}
