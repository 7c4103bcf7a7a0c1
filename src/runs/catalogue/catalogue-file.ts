import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { isLodeError, LodeError } from "../../errors.js";
import { SqliteDatabase } from "../../index/index.js";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from "./schema.js";

type Environment = Readonly<Record<string, string | undefined>>;

const IN_MEMORY = ":memory:";

/** Where catalogues lie by default: `lodestore/catalogues` of `XDG_CACHE_HOME`, else of `~/.cache`. */
export function catalogueFolder(env: Environment): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(cache, "lodestore", "catalogues");
}

/** The file of the catalogue of one store. */
export interface CataloguePlace {
  readonly path: string;
  /** Its name is ours: what is in its place and is no catalogue can be deleted. */
  readonly owned: boolean;
}

/** In a folder of catalogues. It is not in the store, which others may share over a network without file locks. */
export function cataloguePlace(storeUri: string, folder: string): CataloguePlace {
  if (storeUri.startsWith("mem:")) return { path: IN_MEMORY, owned: true };
  const name = createHash("sha256").update(storeUri).digest("hex").slice(0, 32);
  return { path: join(folder, `${name}-v${SCHEMA_VERSION}.db`), owned: true };
}

/**
 * A database at the path, or at the path with the number of its generation: one that is damaged or no catalogue is never
 * written to, and the next generation takes its place. A name is never used again, as SQLite deletes files beside a
 * database by their names, also when it closes one that is deleted.
 */
export interface CatalogueFile {
  readonly database: SqliteDatabase;
  readonly generation: number;
}

/**
 * Opens the newest generation, or makes an empty one, from `first` on; what is passed over is told. Throws
 * `invalid-argument` for another store's.
 */
export async function openCatalogueFile(
  place: CataloguePlace,
  storeUri: string,
  onDamage: (error: LodeError) => void,
  first = 0,
): Promise<CatalogueFile> {
  const older = await generations(place.path);
  for (let generation = Math.max(first, ...older); ; generation++) {
    try {
      const database = await open(pathOf(place.path, generation), storeUri);
      try {
        await removeOlder(place, older, generation);
      } catch (error) {
        database.close();
        throw error;
      }
      return { database, generation };
    } catch (error) {
      const damaged = isLodeError(error, "corrupt-format");
      const anothers = place.owned && isLodeError(error, "invalid-argument");
      if ((!damaged && !anothers) || place.path === IN_MEMORY) throw error;
      onDamage(error);
      older.push(generation);
    }
  }
}

function pathOf(path: string, generation: number): string {
  return path === IN_MEMORY || generation === 0 ? path : `${path}.${generation}`;
}

/** The numbers of those that are there. */
async function generations(path: string): Promise<number[]> {
  if (path === IN_MEMORY) return [];
  const name = basename(path);
  const found: number[] = [];
  for (const file of await namesIn(dirname(resolve(path)))) {
    if (file === name) found.push(0);
    const [, number] = file.startsWith(name)
      ? (/^\.([1-9]\d{0,8})$/.exec(file.slice(name.length)) ?? [])
      : [];
    if (number !== undefined) found.push(Number(number));
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw failed(folder, "read", error);
  }
}

/** A file that somebody named as the path may be anything, and stays. Who has one of them open can go on with it. */
async function removeOlder(
  { path, owned }: CataloguePlace,
  older: readonly number[],
  generation: number,
): Promise<void> {
  for (const each of older) {
    if (each >= generation || (each === 0 && !owned)) continue;
    for (const ending of ["", "-wal", "-shm"]) {
      const file = `${pathOf(path, each)}${ending}`;
      await rm(file, { force: true }).catch((error: unknown) => {
        throw failed(file, "deleted", error);
      });
    }
  }
}

function failed(path: string, what: "read" | "deleted", error: unknown): LodeError {
  return new LodeError({
    code: "permission-denied",
    message: `${path} cannot be ${what} (${(error as Error).message}); look at its permissions, or give another path`,
    uri: `file://${path}`,
    cause: error,
  });
}

async function open(path: string, storeUri: string): Promise<SqliteDatabase> {
  const database = await SqliteDatabase.open(path, {
    migrations: MIGRATIONS,
    applicationId: APPLICATION_ID,
  });
  try {
    const owner = () =>
      database.rows<[string]>("SELECT value FROM about WHERE name = 'store'")[0]?.[0];
    if (owner() === undefined) {
      database.run("INSERT OR IGNORE INTO about VALUES ('store', ?)", [storeUri]);
    }
    const told = owner();
    if (told === storeUri) return database;
    throw new LodeError({
      code: "invalid-argument",
      message: `${path} is the catalogue of ${told}, not of ${storeUri}; give each store its own`,
      uri: `file://${path}`,
    });
  } catch (error) {
    database.close();
    throw error;
  }
}
