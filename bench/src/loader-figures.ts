import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, lode } from "./rows.js";

/** Enough of each shape for some steps: 3,753 records of 112 KiB, and 21 files of 140 MiB. */
const SHAPES = [
  { shape: "resnet50", files: 3 },
  { shape: "unet3d", files: 21 },
] as const;
const EPOCHS = 3;

/**
 * Row 17: what `lode bench loader` tells of the workloads of MLPerf Storage, from files in memory and
 * from S3, as text. There is no peer: the emulated accelerator is the measure.
 */
export async function loaderFigures(bench: Bench): Promise<string> {
  const lines = [`### 17. \`lode bench loader\`, ${EPOCHS} epochs`, "", "```text"];
  for (const { shape, files } of SHAPES) {
    const folder = join(bench.memory, "loader", shape);
    for (const uri of [`${folder}/`, `s3://kept/loader/${shape}/`]) {
      process.stderr.write(`  ${shape} at ${uri}\n`);
      run(bench, uri, "--shape", shape, "--prepare", "--files", String(files), "--steps", "1");
      lines.push(run(bench, uri, "--shape", shape, "--epochs", String(EPOCHS)).trimEnd(), "");
    }
    rmSync(folder, { recursive: true });
    await fetch(`${bench.url}/_drop?prefix=loader/`);
  }
  return [...lines.slice(0, -1), "```", ""].join("\n");
}

function run(bench: Bench, uri: string, ...options: string[]): string {
  const { command, env } = lode(bench, "bench", "loader", ...options, uri);
  const [program = "", ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command.join(" ")} failed (${status}): ${stderr}`);
  return stdout;
}
