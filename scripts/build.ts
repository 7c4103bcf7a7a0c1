import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { bundleCommand } from "./bundle-command.js";

// A stale file in dist/ would be published, so the folder is made anew.
rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
await bundleCommand(process.cwd(), "dist");
