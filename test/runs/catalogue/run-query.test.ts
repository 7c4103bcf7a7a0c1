import { describe, expect, it } from "vitest";
import { SqliteDatabase } from "../../../src/index/index.js";
import { type RunQuery, runsQuery } from "../../../src/runs/catalogue/run-query.js";
import { INDEXES, MIGRATIONS } from "../../../src/runs/catalogue/schema.js";

const time = new Date();

describe("a query of runs", () => {
  it.each<[RunQuery]>([
    [{ status: "failed" }],
    [{ status: "failed", deleted: true }],
    [{ status: "failed", since: time }],
    [{ runType: "production" }],
    [{ project: "p", status: "failed" }],
    [{ tags: { a: "b" } }],
    [{ tags: { a: "b", c: "d" }, project: "p" }],
    [{ since: time }],
    [{ until: time }],
    [{ params: { a: 1 } }],
    [{ metrics: [{ name: "a", operator: "<", value: 1 }] }],
    [{ order: { metric: "a" } }],
    [{ model: { name: "a" } }],
    [{ parentRun: "a" }],
    [{ data: { hash: "a" } }],
    [{ data: { digest: "a", role: "input" } }],
    [{ data: { column: "a" } }],
    [{ data: { name: "a" } }],
  ])("is a search in an index: %j", async (query) => {
    using database = await SqliteDatabase.open(":memory:", { migrations: MIGRATIONS });
    database.exec(INDEXES);
    const { sql, values } = runsQuery(query, 10);
    const plan = database.rows<[number, number, number, string]>(
      `EXPLAIN QUERY PLAN ${sql}`,
      values,
    );
    expect(plan.map(([, , , step]) => step).filter((step) => /\bSCAN\b/.test(step))).toEqual([]);
  });
});
