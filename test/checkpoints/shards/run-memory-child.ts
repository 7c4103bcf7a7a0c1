import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { MemoryReport, MemoryTask } from "./memory-child.js";

/** Writes, reads and verifies a shard in a process of its own, whose memory can be told. */
export async function runMemoryChild(task: MemoryTask): Promise<MemoryReport> {
  const script = fileURLToPath(new URL("./memory-child.ts", import.meta.url));
  const args = ["--import", "tsx", script, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as MemoryReport;
}
