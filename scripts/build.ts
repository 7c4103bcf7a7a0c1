import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

// A stale file in dist/ would be published, so the folder is made anew.
rmSync("dist", { recursive: true, force: true });
const result = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
process.exit(result.status ?? 1);
