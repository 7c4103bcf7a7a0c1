import type { CheckpointEntry, ShownCheckpoint } from "../../app/operations/index.js";
import type { CheckpointManifest, ShardMeta } from "../../checkpoints/index.js";
import { aligned } from "./aligned.js";
import { formatSize, formatTime, plural } from "./text.js";

/** One line a checkpoint: step, time (UTC), with `long` ranks and stored size, name, and what points to it. */
export function checkpointLines(
  entries: readonly CheckpointEntry[],
  style: { readonly long: boolean; readonly human: boolean },
): string[] {
  const cells = entries.map((entry) => {
    const { step, savedAt, name, manifest } = entry;
    const facts =
      manifest === undefined
        ? ["-", "-"]
        : [String(manifest.worldSize), formatSize(storedBytes(manifest), style.human)];
    const before = [String(step), formatTime(savedAt), ...(style.long ? facts : [])];
    return { before, after: [name, ...marksOf(entry)].join("  ") };
  });
  const columns = aligned(
    cells.map(({ before }) => before),
    0,
  );
  return cells.map(({ after }, index) => `${columns[index]}  ${after}`);
}

function marksOf({ latest, tags, manifest, error }: CheckpointEntry): string[] {
  return [
    ...(latest ? ["latest"] : []),
    ...tags.map((tag) => `tag:${tag}`),
    ...(manifest?.status === "incomplete" ? ["incomplete"] : []),
    ...(error === undefined ? [] : ["unreadable"]),
  ];
}

/** A checkpoint as lines: what it is, then a table of its shards. */
export function shownLines({ name, manifest }: ShownCheckpoint, human: boolean): string[] {
  const { metrics, userMeta } = manifest;
  const logical = manifest.shards.reduce(
    (sum, shard) => sum + (logicalSize(shard) ?? Number.NaN),
    0,
  );
  const stored = formatSize(storedBytes(manifest), human);
  const facts: [string, string][] = [
    ["step", String(manifest.globalStep)],
    ["epoch", String(manifest.epoch)],
    ["framework", manifest.framework],
    ["saved", manifest.wallTime],
    ["ranks", String(manifest.worldSize)],
    [
      "bytes",
      Number.isNaN(logical)
        ? `${stored} stored`
        : `${formatSize(logical, human)}, stored in ${stored}`,
    ],
    ...(manifest.status === "complete" ? [] : [["status", manifest.status] as [string, string]]),
    ...(metrics === undefined ? [] : [["metrics", metricsText(metrics)] as [string, string]]),
    ...(userMeta === null ? [] : [["user meta", JSON.stringify(userMeta)] as [string, string]]),
  ];
  const shards = manifest.shards.map((shard) => {
    const { rank, size, checksum, key } = shard;
    const bytes = logicalSize(shard);
    const shown = bytes === undefined ? "-" : formatSize(bytes, human);
    return [String(rank), shown, formatSize(size, human), checksum ?? "-", key];
  });
  const [header = "", ...rows] = aligned(
    [["rank", "bytes", "stored", "checksum", "key"], ...shards].map((row) => row.slice(0, 4)),
    0,
  );
  return [
    name,
    ...aligned(facts, 2),
    "",
    `${header}  key`,
    ...rows.map((row, index) => `${row}  ${shards[index]?.[4] ?? ""}`),
  ];
}

function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([metric, value]) => `${metric}=${value}`)
    .join(", ");
}

/** Facts of a manifest for `--json`, without its shards. */
export function manifestJson(manifest: CheckpointManifest): Record<string, unknown> {
  return {
    framework: manifest.framework,
    epoch: manifest.epoch,
    wallTime: manifest.wallTime,
    worldSize: manifest.worldSize,
    status: manifest.status,
    bytes: storedBytes(manifest),
    metrics: manifest.metrics,
  };
}

export function shardJson(shard: ShardMeta): Record<string, unknown> {
  const { rank, key, size, etag, checksum } = shard;
  return { rank, key, size, logicalSize: logicalSize(shard), etag, checksum };
}

export function storedBytes({ shards }: CheckpointManifest): number {
  return shards.reduce((sum, { size }) => sum + size, 0);
}

/** Undefined for a compressed shard of another program. */
function logicalSize({ key, size, blocks }: ShardMeta): number | undefined {
  return blocks?.logicalSize ?? (key.endsWith(".zst") ? undefined : size);
}

/** `1 checkpoint and 3 leftovers`; `nothing` if there is neither. */
export function countText(checkpoints: number, leftovers: number): string {
  const parts = [
    ...(checkpoints === 0 ? [] : [plural(checkpoints, "checkpoint")]),
    ...(leftovers === 0 ? [] : [plural(leftovers, "leftover")]),
  ];
  return parts.length === 0 ? "nothing" : parts.join(" and ");
}
