import { describe, expect, it } from "vitest";
import { type OpLogEntry, type RowCriteria, selectRows } from "../../src/oplog/index.js";
import { entry } from "./sample-entries.js";

/** Ten requests, one a second from 1970 on. */
const rows = Array.from({ length: 10 }, (_, i) =>
  entry({
    index: i,
    op: i % 2 === 0 ? "GET" : "PUT",
    startSeconds: i,
    startNanos: 500_000_000,
    file: i < 5 ? `train/${i}.tar` : `val/${i}.tar`,
    error: i === 7 ? "slow" : "",
  }),
);

async function* batches(): AsyncGenerator<OpLogEntry[]> {
  for (let from = 0; from < rows.length; from += 3) yield rows.slice(from, from + 3);
}

async function indexesOf(criteria: RowCriteria): Promise<number[]> {
  const found: number[] = [];
  for await (const batch of selectRows(batches(), criteria)) {
    expect(batch.length).toBeGreaterThan(0);
    found.push(...batch.map(({ index }) => index));
  }
  return found;
}

describe("selectRows", () => {
  it.each<[string, RowCriteria, number[]]>([
    ["all", {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["some operations", { ops: ["put", "STAT"] }, [1, 3, 5, 7, 9]],
    ["failures", { errors: true }, [7]],
    ["keys", { file: "train/*" }, [0, 1, 2, 3, 4]],
    ["a time, its begin within", { since: "1970-01-01T00:00:08.5Z" }, [8, 9]],
    ["a time, its end without", { until: "1970-01-01T01:00:02.500000000+01:00" }, [0, 1]],
    ["the first", { first: 4 }, [0, 1, 2, 3]],
    ["the last", { last: 4 }, [6, 7, 8, 9]],
    ["the last of few", { last: 400 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["the last that meets all", { ops: ["GET"], file: "val/*", last: 1 }, [8]],
    ["the first that meet all", { ops: ["PUT"], first: 2 }, [1, 3]],
    ["none", { ops: ["COPY"] }, []],
  ])("selects %s", async (_, criteria, expected) => {
    expect(await indexesOf(criteria)).toEqual(expected);
  });

  it("reads no further than it must", async () => {
    let read = 0;
    const counted = async function* () {
      for await (const batch of batches()) {
        read += batch.length;
        yield batch;
      }
    };
    for await (const batch of selectRows(counted(), { first: 3 })) expect(batch).toHaveLength(3);
    expect(read).toBe(3);
  });

  it.each<RowCriteria>([
    { since: "yesterday" },
    { until: "2026-11-21" },
    { file: "[" },
    { first: 1, last: 1 },
    { first: 0 },
    { last: 0 },
  ])("refuses %j", async (criteria) => {
    await expect(indexesOf(criteria)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
