import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DATA, type Keeper, runAside } from "./keeper.js";
import type { Program } from "./measure.js";

const ROOT = join(import.meta.dirname, "..", "..");
const TSX = join(ROOT, "node_modules", "tsx", "dist", "cli.mjs");
const PROGRAM = [process.execPath, TSX, join(import.meta.dirname, "..", "programs", "run-data.ts")];

/** `lode run put`, which begins a process and reads every file, and the library; both sync what they write. */
export function ownKeepers(parent: string): Keeper[] {
  const library = (name: string, compression: string, cache: boolean) => {
    const folder = join(parent, name.replaceAll(/\W+/g, "-"));
    return keeper(name, folder, (source, store) => ({
      command: [
        ...PROGRAM,
        "put",
        store,
        source,
        compression,
        ...(cache ? [`${folder}-stat`] : []),
      ],
    }));
  };
  return [
    keeper("lode", join(parent, "lode"), (source, store) => ({
      command: [
        process.execPath,
        join(ROOT, "bin", "lode.js"),
        "run",
        "put",
        source,
        "--store",
        store,
      ],
    })),
    library("lodestore", "auto", false),
    library("lodestore, not compressed", "none", false),
    library("lodestore, stat cache", "auto", true),
  ];
}

function keeper(
  name: string,
  repository: string,
  store: (source: string, store: string) => Program,
): Keeper {
  const uri = `file://${repository}`;
  const clear = () => {
    for (const folder of [repository, `${repository}-stat`]) {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return {
    name,
    repository,
    begin: clear,
    place: () => undefined,
    store: (folder) => store(join(folder, DATA), uri),
    restore(target) {
      const restored = join(target, DATA);
      runAside({ command: [...PROGRAM, "get", uri, restored] });
      return restored;
    },
    clear,
  };
}

/**
 * The chunks of the largest file that lie in packs of which no other file has any: those that were not there before
 * it. Undefined for what is no repository of ours.
 */
export function chunksOfNewPacks(repository: string): number | undefined {
  const data = join(repository, "data");
  if (!existsSync(data)) return undefined;
  const recipes = readdirSync(data, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("recipe.json"))
    .map((path): Recipe => JSON.parse(readFileSync(join(data, path), "utf8")))
    .sort((a, b) => b.size - a.size);
  const [largest, ...others] = recipes;
  if (largest === undefined) return undefined;
  const known = new Set(others.flatMap(({ packs }) => packs));
  return largest.runs
    .filter(([pack]) => !known.has(largest.packs[pack] ?? ""))
    .reduce((sum, [, , entries]) => sum + entries, 0);
}

/** What a recipe tells that is needed here: see docs/formats/runs.md. */
interface Recipe {
  readonly size: number;
  readonly packs: readonly string[];
  readonly runs: readonly (readonly [
    pack: number,
    first: number,
    entries: number,
    bytes: number,
  ])[];
}
