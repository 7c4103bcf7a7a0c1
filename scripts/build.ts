import { rmSync } from "node:fs";
import { spawnSync } from "node:child_process";

// A stale file in dist/ would be published, so the folder is made anew.
rmSync("dist", { recursive: true, force: true });
const result = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
process.exit(result.status ?? 1);
