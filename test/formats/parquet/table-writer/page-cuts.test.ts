import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { tableVersions } from "../../../../bench/programs/table-versions.js";
import { seededRandom } from "../../../../src/core/index.js";
import {
  bytesReader,
  readParquetMetadata,
  type Table,
  tableParquetChunks,
} from "../../../../src/formats/index.js";
import { checkCompact } from "../../../../src/formats/parquet/compact-check.js";
import { loadHyparquet } from "../../../../src/formats/parquet/hyparquet.js";
import { PageCuts } from "../../../../src/formats/parquet/table-writer/page-cuts.js";
import { collect } from "../../zip/collect.js";

const SIZES = { min: 1000, spread: 1000, max: 4000 };

/** Lengths in bytes of the pages of numbers of 8 bytes. */
function lengthsOf(values: Float64Array, step = values.length): number[] {
  const leaf = {
    type: { kind: "float", bits: 64 },
    format: { physical: 5 },
    path: ["a"],
    maxDefinition: 0,
    maxRepetition: 0,
  } as const;
  const cuts = new PageCuts(SIZES);
  const ends: number[] = [];
  for (let from = 0; from < values.length; from += step) {
    const piece = values.subarray(from, from + step);
    const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
    const places = {
      leaf,
      count: piece.length,
      values: { length: piece.length, data: piece },
      picks: { from: 0, to: piece.length },
    };
    const found = cuts.endsIn(places, { count: piece.length, bytes, width: 8 });
    ends.push(...found.map(({ value }) => (from + value) * 8));
  }
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

function numbers(count: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: count }, random);
}

describe("PageCuts", () => {
  it("keeps the sizes, however the places come", () => {
    const values = numbers(100_000, 1);
    const lengths = lengthsOf(values);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(SIZES.min);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(SIZES.max);
    expect(lengths.length).toBeGreaterThan(800_000 / 2300);
    expect(lengths.length).toBeLessThan(800_000 / 1700);
    for (const step of [1, 7, 1000]) expect(lengthsOf(values, step)).toEqual(lengths);
  });

  it("cuts equal values by size", () => {
    expect(new Set(lengthsOf(new Float64Array(10_000))).size).toBe(1);
  });

  it("cuts at the same values behind an edit", () => {
    const values = numbers(50_000, 2);
    const edited = Float64Array.of(
      ...values.subarray(0, 20_000),
      1,
      2,
      3,
      ...values.subarray(20_000),
    );
    const before = lengthsOf(values);
    const after = lengthsOf(edited);
    expect(after.slice(-100)).toEqual(before.slice(-100));
    expect(after.slice(0, 70)).toEqual(before.slice(0, 70));
  });
});

/** Hashes and lengths of a file's pages with their headers. */
async function pagesOf(table: Table): Promise<Map<string, number>> {
  const bytes = await collect(tableParquetChunks(table, { pageBytes: 8 * 1024 }));
  const { file } = await readParquetMetadata(bytesReader(bytes));
  const { parquetHeader } = await loadHyparquet();
  const pages = new Map<string, number>();
  for (const { meta_data } of file.row_groups.flatMap(({ columns }) => columns)) {
    let at = Number(meta_data?.data_page_offset);
    const end = at + Number(meta_data?.total_compressed_size);
    while (at < end) {
      const contentFrom = checkCompact(bytes, at);
      const header = parquetHeader({
        view: new DataView(bytes.buffer, bytes.byteOffset),
        offset: at,
      });
      const next = contentFrom + header.compressed_page_size;
      pages.set(createHash("sha256").update(bytes.subarray(at, next)).digest("hex"), next - at);
      at = next;
    }
  }
  return pages;
}

describe("versions of a table", () => {
  it("have most of their pages in common", async () => {
    const seen = new Map<string, number>();
    const shares: Record<string, number> = {};
    for (const { name, table } of tableVersions(20_000)) {
      const pages = await pagesOf(table);
      const sum = (lengths: Iterable<number>) => [...lengths].reduce((a, b) => a + b, 0);
      const fresh = [...pages].filter(([hash]) => !seen.has(hash)).map(([, length]) => length);
      shares[name] = sum(fresh) / sum(pages.values());
      for (const [hash, length] of pages) seen.set(hash, length);
    }
    expect(shares.first).toBe(1);
    expect(shares["5 % more rows"]).toBeLessThan(0.15);
    expect(shares["10 rows inserted"]).toBeLessThan(0.12);
    expect(shares["10 rows deleted"]).toBeLessThan(0.12);
    expect(shares["20 cells changed"]).toBeLessThan(0.2);
    expect(shares["a column added"]).toBeLessThan(0.2);
    expect(shares["a column renamed"]).toBe(0);
  });
});
