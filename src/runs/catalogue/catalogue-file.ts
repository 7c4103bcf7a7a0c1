import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isLodeError, LodeError } from "../../errors.js";
import { SqliteDatabase } from "../../index/index.js";
import { MIGRATIONS, SCHEMA_VERSION } from "./schema.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where catalogues lie by default: `lodestore/catalogues` of `XDG_CACHE_HOME`, else of `~/.cache`. */
export function catalogueFolder(env: Environment): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(cache, "lodestore", "catalogues");
}

/** The catalogue's file of a store. It is not in the store, which others may share over a network without file locks. */
export function cataloguePath(storeUri: string, env: Environment): string {
  if (storeUri.startsWith("mem:")) return ":memory:";
  const name = createHash("sha256").update(storeUri).digest("hex").slice(0, 32);
  return join(catalogueFolder(env), `${name}-v${SCHEMA_VERSION}.db`);
}

/** Opens it, or makes an empty one; a damaged one is told and replaced. Throws `invalid-argument` for another store's. */
export async function openCatalogueFile(
  path: string,
  storeUri: string,
  onDamage: (error: LodeError) => void,
): Promise<SqliteDatabase> {
  try {
    return await open(path, storeUri);
  } catch (error) {
    if (!isLodeError(error, "corrupt-format")) throw error;
    onDamage(error);
    await removeCatalogueFile(path);
    return open(path, storeUri);
  }
}

/** With what SQLite has beside it. */
export async function removeCatalogueFile(path: string): Promise<void> {
  for (const ending of ["", "-wal", "-shm"]) await rm(`${path}${ending}`, { force: true });
}

async function open(path: string, storeUri: string): Promise<SqliteDatabase> {
  const database = await SqliteDatabase.open(path, { migrations: MIGRATIONS });
  try {
    database.run("INSERT OR IGNORE INTO about VALUES ('store', ?)", [storeUri]);
    const [row] = database.rows<[string]>("SELECT value FROM about WHERE name = 'store'");
    if (row?.[0] === storeUri) return database;
    throw new LodeError({
      code: "invalid-argument",
      message: `${path} is the catalogue of ${row?.[0]}, not of ${storeUri}; give each store its own`,
      uri: `file://${path}`,
    });
  } catch (error) {
    database.close();
    throw error;
  }
}
