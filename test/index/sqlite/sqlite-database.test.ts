import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteDatabase, type SqliteRow } from "../../../src/index/index.js";

describe("a database of SQLite", () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestore-sqlite-"));
    path = join(folder, "deep", "a.db");
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("keeps values of every kind, and refuses others", async () => {
    const values: SqliteRow = [
      null,
      1.5,
      2,
      9007199254740993n,
      "text \u{1f600}",
      new Uint8Array([1, 2]),
    ];
    using database = await SqliteDatabase.open(path);
    database.exec("CREATE TABLE t (a, b, c, d, e, f)");
    expect(database.run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", values)).toBe(1);
    const [row] = database.rows("SELECT a, b, c, CAST(d AS TEXT), e, f FROM t");
    expect(row?.slice(0, 5)).toEqual([null, 1.5, 2, "9007199254740993", "text \u{1f600}"]);
    expect(new Uint8Array(row?.[5] as Uint8Array)).toEqual(new Uint8Array([1, 2]));
    for (const bad of [true, undefined, {}, [1], "nul \0"]) {
      expect(() => database.rows("SELECT ?", [bad as never])).toThrow(/SQLite cannot take/);
    }
  });

  it("undoes a transaction that throws", async () => {
    using database = await SqliteDatabase.open(":memory:");
    database.exec("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    expect(() =>
      database.transaction(() => {
        database.run("INSERT INTO t VALUES (1)");
        database.run("INSERT INTO t VALUES (1)");
      }),
    ).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(database.rows("SELECT * FROM t")).toEqual([]);
    expect(database.transaction(() => database.run("INSERT INTO t VALUES (2)"))).toBe(1);
    expect(database.rows("SELECT * FROM t")).toEqual([[2]]);
  });

  it("migrates step by step, once", async () => {
    const first = "CREATE TABLE t (a); INSERT INTO t VALUES (1)";
    (await SqliteDatabase.open(path, { migrations: [first] })).close();
    const migrations = [first, "ALTER TABLE t ADD COLUMN b DEFAULT 5"];
    for (let i = 0; i < 2; i++) {
      using database = await SqliteDatabase.open(path, { migrations });
      expect(database.rows("SELECT * FROM t")).toEqual([[1, 5]]);
    }
    await expect(SqliteDatabase.open(path, { migrations: [first] })).rejects.toMatchObject({
      code: "unsupported",
    });
    const broken = [...migrations, "CREATE TABLE u (a); SELECT nonsense"];
    await expect(SqliteDatabase.open(path, { migrations: broken })).rejects.toThrow(/nonsense/);
    using database = await SqliteDatabase.open(path, { migrations });
    expect(database.rows("SELECT name FROM sqlite_master")).toEqual([["t"]]);
  });

  it("is read only if told", async () => {
    await expect(SqliteDatabase.open(path, { readOnly: true })).rejects.toMatchObject({
      code: "not-found",
    });
    (await SqliteDatabase.open(path, { migrations: ["CREATE TABLE t (a)"] })).close();
    using database = await SqliteDatabase.open(path, { readOnly: true });
    expect(database.rows("SELECT * FROM t")).toEqual([]);
    expect(() => database.run("INSERT INTO t VALUES (1)")).toThrow(
      expect.objectContaining({ code: "permission-denied" }),
    );
  });

  it("tells damage, locks and mistakes apart", async () => {
    const text = join(folder, "text.db");
    await writeFile(text, "this is no database ".repeat(500));
    await expect(SqliteDatabase.open(text)).rejects.toMatchObject({ code: "corrupt-format" });
    await expect(SqliteDatabase.open(folder)).rejects.toMatchObject({ code: "permission-denied" });
    const big = await SqliteDatabase.open(path, {
      migrations: [
        "CREATE TABLE t (a TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT printf('%0500d', i) FROM n",
      ],
    });
    expect(() => big.exec("INSERT INTO nowhere VALUES (1)")).toThrow(
      expect.objectContaining({ code: "unexpected" }),
    );
    big.rows("PRAGMA wal_checkpoint(TRUNCATE)");
    big.close();
    expect(() => big.rows("SELECT 1")).toThrow(/not open/);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(7, 8192, 8192 * 20));
    using damaged = await SqliteDatabase.open(path);
    expect(() => damaged.rows("SELECT max(a) FROM t")).toThrow(
      expect.objectContaining({ code: "corrupt-format" }),
    );

    const shared = join(folder, "shared.db");
    using one = await SqliteDatabase.open(shared, { migrations: ["CREATE TABLE t (a)"] });
    using two = await SqliteDatabase.open(shared, { busyTimeoutMs: 10 });
    one.transaction(() => {
      one.run("INSERT INTO t VALUES (1)");
      expect(two.rows("SELECT * FROM t")).toEqual([]);
      expect(() => two.run("INSERT INTO t VALUES (2)")).toThrow(
        expect.objectContaining({ code: "timeout", retry: "safe" }),
      );
    });
  });

  it("is shared by processes", async () => {
    using database = await SqliteDatabase.open(path, {
      migrations: ["CREATE TABLE t (writer, n)"],
    });
    const program = `
      import { SqliteDatabase } from ${JSON.stringify(new URL("../../../src/index/index.ts", import.meta.url).href)};
      const [path, name] = process.argv.slice(-2);
      const database = await SqliteDatabase.open(path);
      for (let n = 0; n < 200; n++) database.run("INSERT INTO t VALUES (?, ?)", [name, n]);
      database.close();
    `;
    const file = join(folder, "writer.mts");
    await writeFile(file, program);
    let over = false;
    const child = promisify(execFile)(process.execPath, ["--import", "tsx", file, path, "child"], {
      cwd: new URL("../../..", import.meta.url),
    }).finally(() => {
      over = true;
    });
    let own = 0;
    for (; !over || own === 0; own++) {
      database.run("INSERT INTO t VALUES (?, ?)", ["own", own]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await child;
    expect(database.rows("SELECT writer, count(*) FROM t GROUP BY writer")).toEqual([
      ["child", 200],
      ["own", own],
    ]);
  });
});
