import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SqliteDatabase } from "../../../src/index/index.js";
import { RunCatalogue, RunStore } from "../../../src/runs/index.js";
import { type CheckpointPlace, diskPlace } from "../../checkpoints/places.js";

const RUNS = 20;
const SOURCE = JSON.stringify(new URL("../../../src/runs/index.ts", import.meta.url).href);
const ROOT = new URL("../../..", import.meta.url);

let place: CheckpointPlace;
let store: RunStore;
let folder: string;
let warnings: string[];
const onWarning = ({ message }: { message: string }) => void warnings.push(message);

beforeAll(async () => {
  place = await diskPlace("file");
  store = await RunStore.open(await place.open(), { env: {} });
  const tags = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`tag-${n}`, `${n}`]));
  for (let i = 0; i < RUNS; i++) {
    await store.saveManifest(
      await store.createRun({ runId: `r${i}`, tags: { ...tags, i: `${i}` } }),
    );
  }
});

afterAll(async () => {
  await store.close();
  await place.drop();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-catalogue-"));
  warnings = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function runsIn(catalogue: RunCatalogue): Promise<number> {
  return (await catalogue.list({ tags: { "tag-7": "7" } })).runs.length;
}

/** The file of a catalogue that is filled and closed, all of it in the one file. */
async function filled(): Promise<string> {
  const catalogue = await RunCatalogue.open(store, { folder });
  await catalogue.sync();
  catalogue.close();
  using database = await SqliteDatabase.open(catalogue.path);
  database.rows("PRAGMA wal_checkpoint(TRUNCATE)");
  return catalogue.path;
}

const databases = async () => (await readdir(folder)).filter((name) => !/-(wal|shm)$/.test(name));

describe("the file of a catalogue", () => {
  const damages: Record<string, (path: string) => Promise<void>> = {
    garbage: (path) => writeFile(path, "no database ".repeat(1000)),
    "a part of it": (path) => truncate(path, 10_000),
    "its first pages and garbage": async (path) =>
      writeFile(path, (await readFile(path)).fill(9, 5 * 4096)),
    "a database of another program": async (path) => {
      await rm(path);
      using other = await SqliteDatabase.open(path, { migrations: ["CREATE TABLE runs (a)"] });
      other.run("INSERT INTO runs VALUES (1)");
    },
    "the catalogue of another store": async (path) => {
      using other = await SqliteDatabase.open(path);
      other.run("UPDATE about SET value = 's3://another'");
    },
  };

  it.each(Object.keys(damages))("is made anew, and told, where it is %s", async (what) => {
    const path = await filled();
    await damages[what]?.(path);
    using catalogue = await RunCatalogue.open(store, { folder, onWarning });
    // What is damaged deep inside is seen when it is asked, and the answer is of a full new one.
    if (warnings.length > 0) expect((await catalogue.sync()).read).toBe(RUNS);
    expect(await runsIn(catalogue)).toBe(RUNS);
    expect(warnings).toEqual([
      expect.stringMatching(/; the catalogue is made anew from the store$/),
    ]);
    expect(catalogue.path).toBe(`${path}.1`);
    catalogue.close();

    using next = await RunCatalogue.open(store, { folder, onWarning });
    expect(await next.sync()).toEqual({ runs: RUNS, read: 0, removed: 0 });
    expect(warnings).toHaveLength(1);
    expect(await databases()).toEqual([basename(`${path}.1`)]);
  });

  it("is never written over where a user named it and it is something else", async () => {
    const path = join(folder, "notes.txt");
    await writeFile(path, "my notes");
    using catalogue = await RunCatalogue.open(store, { path, onWarning });
    await catalogue.sync();
    expect(catalogue.path).toBe(`${path}.1`);
    expect(warnings).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe("my notes");
  });

  it("is emptied and filled again where an older version made it, and refused if a newer one did", async () => {
    const path = await filled();
    {
      using older = await SqliteDatabase.open(path);
      older.exec(
        `PRAGMA user_version = 1; DROP TABLE schemas; DROP TABLE schema_columns;
         CREATE TABLE columns (a); ALTER TABLE runs DROP COLUMN facts`,
      );
    }
    {
      using catalogue = await RunCatalogue.open(store, { folder, onWarning });
      expect(catalogue.path).toBe(path);
      expect(await catalogue.sync()).toEqual({ runs: RUNS, read: RUNS, removed: 0 });
      expect(await runsIn(catalogue)).toBe(RUNS);
    }
    using newer = await SqliteDatabase.open(path);
    newer.exec("PRAGMA user_version = 99");
    await expect(RunCatalogue.open(store, { folder })).rejects.toMatchObject({
      code: "unsupported",
    });
    expect(warnings).toEqual([]);
  });

  it("is replaced once by two that find the damage, whose closing harms nothing", async () => {
    const path = await filled();
    await damages["its first pages and garbage"]?.(path);
    const [one, two] = [
      await RunCatalogue.open(store, { folder }),
      await RunCatalogue.open(store, { folder }),
    ];
    expect([one.path, two.path]).toEqual([path, path]);
    expect(await runsIn(one)).toBe(RUNS);
    expect(await runsIn(two)).toBe(RUNS);
    expect([one.path, two.path]).toEqual([`${path}.1`, `${path}.1`]);
    two.close();
    expect(await runsIn(one)).toBe(RUNS);
    one.close();
    using three = await RunCatalogue.open(store, { folder });
    expect(await three.sync()).toMatchObject({ read: 0 });
    expect(await runsIn(three)).toBe(RUNS);
  });

  it("is damaged, opened and filled by processes at once, and killed", async () => {
    const path = await filled();
    await truncate(path, 10_000);
    const file = join(folder, "sync.mts");
    await writeFile(
      file,
      `import { RunCatalogue, RunStore } from ${SOURCE};
       const [uri, folder, forever] = process.argv.slice(-3);
       const store = await RunStore.open(uri, { env: {} });
       const catalogue = await RunCatalogue.open(store, { folder });
       await catalogue.sync();
       const { runs } = await catalogue.list({ tags: { "tag-7": "7" } });
       console.log(runs.length);
       while (forever === "true") await catalogue.rebuild();
       catalogue.close();
       await store.close();`,
    );
    const args = (forever: boolean) => ["--import", "tsx", file, place.uri, folder, `${forever}`];
    const killed = spawn(process.execPath, args(true), { cwd: ROOT, stdio: "pipe" });
    const others = [0, 1].map(() =>
      promisify(execFile)(process.execPath, args(false), { cwd: ROOT }),
    );
    const ended = once(killed, "exit");
    await once(killed.stdout, "data");
    expect((await Promise.all(others)).map(({ stdout }) => stdout)).toEqual(["20\n", "20\n"]);
    killed.kill("SIGKILL");
    await ended;
    using catalogue = await RunCatalogue.open(store, { folder, onWarning });
    await catalogue.sync();
    expect(await runsIn(catalogue)).toBe(RUNS);
    expect(warnings).toEqual([]);
    const copy = `${folder}-copy`;
    await cp(dirname(catalogue.path), copy, { recursive: true });
    using inspector = await SqliteDatabase.open(join(copy, basename(catalogue.path)));
    expect(inspector.rows("PRAGMA integrity_check")).toEqual([["ok"]]);
    await rm(copy, { recursive: true });
  });
});
