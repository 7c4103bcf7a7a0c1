import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The current long-term-support release, which the npm package `node` brings as a binary. */
const LTS = "24.21.0";

const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const folder = join(base, "lodestore", `node-${LTS}`);
const node = join(folder, "node_modules", "node", "bin", "node");

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs unit and conformance tests again on the current LTS release of Node. */
if (!existsSync(node)) {
  mkdirSync(folder, { recursive: true });
  run("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, `node@${LTS}`]);
}
const vitest = join("node_modules", "vitest", "vitest.mjs");
console.log(`Node ${LTS} (LTS): unit and conformance tests`);
run(node, [
  vitest,
  "run",
  "--dir",
  "test",
  "--exclude",
  "test/integration/**",
  ...process.argv.slice(2),
]);
