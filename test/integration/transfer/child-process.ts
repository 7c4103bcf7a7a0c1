import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildReport, ChildTask } from "./transfer-child.js";

const SCRIPT = fileURLToPath(new URL("transfer-child.ts", import.meta.url));

function start(task: ChildTask): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ["--import", "tsx", SCRIPT, JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, output: () => text };
}

/** Runs the transfer to its end. */
export async function runChild(task: ChildTask): Promise<ChildReport> {
  const { child, output } = start(task);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the child ended with ${code}: ${output()}`);
  return JSON.parse(output().trim().split("\n").at(-1) as string) as ChildReport;
}

/** Runs the transfer and kills it with -9 once its journal tells of so many parts; tells of how many. */
export async function killChildAfter(task: ChildTask, parts: number): Promise<number> {
  const { child, output } = start(task);
  const closed = once(child, "close");
  let ended = false;
  void closed.then(() => {
    ended = true;
  });
  while ((await journalledParts(task.options.stateDir as string)) < parts) {
    if (ended) throw new Error(`the child ended before it could be killed: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill("SIGKILL");
  await closed;
  return journalledParts(task.options.stateDir as string);
}

async function journalledParts(stateDir: string): Promise<number> {
  const name = (await readdir(stateDir)).find((entry) => entry.endsWith(".journal"));
  if (name === undefined) return 0;
  const text = await readFile(join(stateDir, name), "utf8");
  return text.split("\n").length - 2;
}
