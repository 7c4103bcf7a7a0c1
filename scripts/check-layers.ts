import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Enforces who may import whom in src/: only downwards by level, never a sibling backend, folders
 * only through their index.ts, no cycles. Type-only imports obey the same rules.
 */

/** The level of each folder or file directly in src/. */
const LEVELS: Readonly<Record<string, number>> = {
  "errors.ts": 0,
  core: 0,
  storage: 1,
  formats: 1,
  testing: 1,
  oplog: 2,
  cas: 2,
  index: 2,
  datagen: 2,
  checkpoints: 3,
  runs: 3,
  datasets: 3,
  features: 3,
  corpus: 3,
  loader: 4,
  lineage: 4,
  app: 5,
  cli: 6,
  server: 6,
  "index.ts": 7,
};

/** Pairs of the same level that may not meet, whatever the direction. */
const APART: readonly (readonly [string, string])[] = [
  ["formats", "storage"],
  ["cli", "server"],
];

const DOMAINS = ["checkpoints", "runs", "datasets", "features", "corpus"];

/** The only files outside storage/backends that may name a backend. */
const BACKEND_NAMERS = ["storage/registry.ts"];

/** What a backend may import beside core, errors and its own folder. */
const BACKEND_IMPORTS = ["storage/backend.ts", "storage/capabilities.ts"];

/** Folders of machinery that backends share. */
const SHARED_BY_BACKENDS = ["storage/local-disk"];

const SRC = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

interface Import {
  readonly from: string;
  readonly to: string;
  /** `import()`: a table of loaders names the file that it loads, not all of a folder. */
  readonly lazy: boolean;
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replaceAll("\\", "/"));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), "utf8");
  const pattern =
    /(?:^|\n)(?:import|export)\s(?:[^;"']*?\sfrom\s)?["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    from: file,
    to: normalize(join(dirname(file), match[1] ?? match[2] ?? "")).replace(/\.js$/, ".ts"),
    lazy: match[2] !== undefined,
  }));
}

function top(file: string): string {
  return file.split("/")[0] ?? file;
}

function backendOf(file: string): string | undefined {
  return /^storage\/backends\/([^/]+)\//.exec(file)?.[1];
}

function problemOf({ from, to, lazy }: Import): string | undefined {
  const [a, b] = [top(from), top(to)];
  const [levelA, levelB] = [LEVELS[a], LEVELS[b]];
  if (levelA === undefined) return `${a} has no level in this script`;
  if (levelB === undefined) return `leaves src/ or enters ${b}, which has no level`;
  if (to.startsWith("..")) return "leaves src/";
  if (a !== b) {
    if (levelB > levelA) return `goes up from level ${levelA} to ${levelB}`;
    if (APART.some(([x, y]) => (a === x && b === y) || (a === y && b === x))) {
      return `${a} and ${b} may not know each other`;
    }
    if (DOMAINS.includes(a) && DOMAINS.includes(b)) return "a domain imports another domain";
    if (a === "core" && b !== "errors.ts") return "core imports nothing but errors";
  }
  const [backendA, backendB] = [backendOf(from), backendOf(to)];
  if (backendA !== undefined && backendA !== backendB) {
    const shared = SHARED_BY_BACKENDS.some((folder) => to.startsWith(`${folder}/`));
    const allowed = b === "core" || b === "errors.ts" || BACKEND_IMPORTS.includes(to) || shared;
    if (!allowed) return "a backend may import only core, errors and the backend contract";
  }
  if (backendB !== undefined && backendA === undefined) {
    if (!BACKEND_NAMERS.includes(from) && a !== "testing")
      return "only the registry names a backend";
  }
  if (lazy && a === b) return undefined;
  return entersBesideIndex(from, to) ? `enters ${dirname(to)}/ beside its index.ts` : undefined;
}

/** A folder that the importer is not in must be entered through its index.ts. */
function entersBesideIndex(from: string, to: string): boolean {
  const target = dirname(to);
  if (target === "." || to.endsWith("/index.ts")) return false;
  const inside = dirname(from) === target || dirname(from).startsWith(`${target}/`);
  // Within one top folder, the files of its root are its own business: backends use backend.ts.
  return !inside && !(top(from) === top(to) && target === top(to));
}

function cycles(imports: readonly Import[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to]);
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  function visit(file: string, path: readonly string[]): void {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      return;
    }
    state.set(file, "open");
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, "done");
  }
  for (const file of edges.keys()) visit(file, []);
  return found;
}

function missingOpenings(files: readonly string[]): string[] {
  return files
    .filter((file) => file.endsWith("/index.ts"))
    .filter((file) => {
      const opening = /^(?:\/\/[^\n]*\n)+/.exec(readFileSync(join(SRC, file), "utf8"))?.[0] ?? "";
      const lines = opening.split("\n").length - 1;
      return lines < 3 || lines > 6;
    });
}

const files = sourceFiles();
const imports = files.flatMap(importsOf);
const problems = [
  ...imports.flatMap((found) => {
    const problem = problemOf(found);
    return problem === undefined ? [] : [`${found.from} -> ${found.to}: ${problem}`];
  }),
  ...cycles(imports).map((cycle) => `cycle: ${cycle}`),
  ...missingOpenings(files).map((file) => `${file}: opens with no comment of 3 to 6 lines`),
];
for (const problem of problems) console.error(problem);
console.log(
  `layers: ${files.length} files of ${relative(process.cwd(), SRC) || "src"}, ${imports.length} imports, ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
