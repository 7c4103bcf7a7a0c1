import { tableDigest } from "../../src/cas/index.js";
import type { Table } from "../../src/formats/index.js";
import { RunStore } from "../../src/runs/index.js";
import { tableVersions } from "../programs/table-versions.js";

const LEAST_SAVED = 0.65;

/**
 * Row 12, tables: seven versions of one table, stored as Parquet one after another; how much of their bytes the store
 * had. Every version is loaded again and compared by the digest of its values. There is no peer and no time in it.
 */
export async function tableFigures(): Promise<string> {
  const runs = await RunStore.open("mem://table-versions");
  const lines = [
    "### 12. seven versions of a table of 400,000 rows and 6 columns, as Parquet",
    "",
    "| version | MB | new MB | new |",
    "|---|---|---|---|",
  ];
  let total = 0;
  let fresh = 0;
  let taken = 0;
  for (const { name, table } of tableVersions()) {
    let reused = 0;
    const reference = await runs.storeData(table, name, {
      onProgress: ({ reusedBytes }) => {
        reused = reusedBytes;
      },
    });
    const loaded = (await runs.load(reference)) as Table;
    if ((await tableDigest(loaded)) !== (await tableDigest(table))) {
      throw new Error(`the version "${name}" was not loaded as it was stored`);
    }
    const added = reference.size - reused;
    total += reference.size;
    fresh += added;
    lines.push(
      `| ${name} | ${megabytes(reference.size)} | ${megabytes(added)} | ${percent(added / reference.size)} |`,
    );
  }
  for await (const { size } of runs.store.list()) taken += size;
  await runs.close();
  const saved = 1 - fresh / total;
  const word = saved >= LEAST_SAVED ? "met" : "MISSED";
  lines.push(
    "",
    `${megabytes(total)} MB in all take ${megabytes(taken)} MB of the store.`,
    `Target: at least ${percent(LEAST_SAVED)} saved: ${percent(saved)}, ${word}.`,
    "",
  );
  return lines.join("\n");
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
