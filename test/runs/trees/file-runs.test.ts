import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutFiles, fileRuns } from "../../../src/runs/trees/file-runs.js";
import { placeFiles } from "../../../src/runs/trees/placed-files.js";
import { documentOf, sha256 } from "./tree-documents.js";

const GAP = 256 * 1024;

/** A file for each draft; those with the same content have the same size. */
function placed(sizes: readonly number[]) {
  const entries = sizes.map((size, index) => {
    const path = String(index).padStart(4, "0");
    const content = sha256(size > 35 ? `${size}` : path);
    return { kind: "file", path, size, sha256: content, executable: false } as const;
  });
  return [...placeFiles(documentOf(entries)).values()];
}

async function* split(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.length; at += length) {
    const piece = bytes.slice(at, at + length);
    yield piece;
    // What a reader does when the next piece is asked for.
    piece.fill(0);
  }
}

describe("fileRuns", () => {
  it("reads over small gaps only", () => {
    const files = placed([10, GAP, 20, GAP + 1, 30]);
    const byOffset = files.sort((a, b) => a.offset - b.offset);
    const small = byOffset.filter(({ entry }) => entry.size < GAP);
    const runs = fileRuns(small);
    const gaps = byOffset.filter(({ entry, offset }) => {
      const inside =
        small.some((one) => one.offset < offset) && small.some((one) => one.offset > offset);
      return inside && entry.size > GAP;
    });
    expect(runs).toHaveLength(1 + gaps.length);
    expect(runs.flatMap(({ contents }) => contents.flatMap(({ files }) => files))).toEqual(small);
  });

  it("cuts out of a run just the bytes of its files", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()), { minLength: 1 }),
        fc.integer({ min: 1, max: 50 }),
        async (drafts, pieceBytes) => {
          const all = placed(drafts.map(([size]) => size));
          const chosen = all.filter((_, index) => drafts[index]?.[1]);
          const blob = Uint8Array.from(
            { length: 40 * drafts.length },
            (_, at) => at * 7 + (at >> 8),
          );
          const runs = fileRuns(chosen);
          expect(runs.length).toBe(chosen.length === 0 ? 0 : 1);
          const cut: unknown[] = [];
          for (const run of runs) {
            const pieces = split(blob.subarray(run.start, run.end), pieceBytes);
            for await (const { files, bytes } of cutFiles(run, pieces)) {
              for (const { offset, entry } of files) {
                expect(bytes).toEqual(blob.slice(offset, offset + entry.size));
              }
              cut.push(...files);
            }
          }
          expect(new Set(cut)).toEqual(new Set(chosen));
          expect(cut).toHaveLength(chosen.length);
        },
      ),
    );
  });

  it("says that the blob is too short", async () => {
    const [run] = fileRuns(placed([3, 4]));
    if (run === undefined) throw new Error("no run");
    const cut = async () => {
      for await (const _ of cutFiles(run, split(new Uint8Array(6), 5)));
    };
    await expect(cut()).rejects.toMatchObject({ code: "integrity" });
  });
});
