import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Proves that package.json's exports, the built files and the published pack agree. */
interface Manifest {
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const targets = [
  ...Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : [entry.types, entry.default],
  ),
  ...Object.values(manifest.bin),
];
const missing = targets.filter((file) => !existsSync(file));
for (const file of missing) console.error(`package.json names ${file}, which is not built`);

for (const [subpath, entry] of Object.entries(manifest.exports)) {
  if (typeof entry === "string") continue;
  const names = Object.keys(
    (await import(new URL(`../${entry.default}`, import.meta.url).href)) as object,
  );
  console.log(`exports: ${subpath}: ${names.length} names`);
}

const publint = spawnSync("npx", ["publint", "run", "--strict"], { stdio: "inherit" });
process.exit(missing.length > 0 ? 1 : (publint.status ?? 1));
