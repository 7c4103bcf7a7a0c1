import type { RunStats } from "../../app/operations/index.js";
import { aligned } from "./aligned.js";
import { formatSize } from "./text.js";

/** What a store holds: things, how many, and bytes; then what sharing and compression make of them. */
export function statsLines(stats: RunStats, human: boolean): string[] {
  const { blobs, chunks, objects, packs, ratios, refs, refsByKind } = stats;
  const size = (bytes: number) => formatSize(bytes, human);
  const rows = [
    ["runs", String(stats.runs), "-"],
    ["blobs", String(blobs.count), size(blobs.bytes)],
    ["  whole", String(blobs.whole), size(blobs.wholeBytes)],
    ["  in chunks", String(blobs.chunked), size(blobs.chunkedBytes)],
    ["chunks", String(chunks.stored), size(chunks.plainBytes)],
    ["  as stored", "-", size(chunks.storedBytes)],
    ["packs", String(packs.count), size(packs.bytes)],
    ["uses of blobs", String(refs.refs), size(refs.logicalBytes)],
    ...Object.entries(refsByKind).map(([kind, tally]) => [
      `  by ${kind}`,
      String(tally.refs),
      size(tally.logicalBytes),
    ]),
    ["objects", String(objects.objects), size(objects.bytes)],
    ...(stats.unreadable === 0 ? [] : [["unreadable", String(stats.unreadable), "-"]]),
  ];
  const shares = [
    ["equal blobs stored once", ratios.blobSharing],
    ["equal chunks stored once", ratios.chunkSharing],
    ["compression", ratios.compression],
    ["all together", ratios.total],
  ] as const;
  return [
    ...aligned([["", "count", "bytes"], ...rows], 1),
    "",
    ...aligned(
      shares.map(([name, ratio]) => [name, `${ratio.toFixed(2)} : 1`]),
      1,
    ),
  ];
}
