const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Ranges of sizes of requests, as polarWarp has them: a lower bound belongs to its range. */
export const SIZE_BUCKETS = [
  { label: "zero", from: 0 },
  { label: "1B-8KiB", from: 1 },
  { label: "8KiB-64KiB", from: 8 * KiB },
  { label: "64KiB-512KiB", from: 64 * KiB },
  { label: "512KiB-4MiB", from: 512 * KiB },
  { label: "4MiB-32MiB", from: 4 * MiB },
  { label: "32MiB-256MiB", from: 32 * MiB },
  { label: "256MiB-2GiB", from: 256 * MiB },
  { label: ">2GiB", from: 2 * GiB },
] as const;

export type SizeBucketLabel = (typeof SIZE_BUCKETS)[number]["label"];

/** Which of {@link SIZE_BUCKETS} holds a size in bytes. */
export function sizeBucketOf(bytes: number): number {
  let bucket = SIZE_BUCKETS.length - 1;
  while (bucket > 0 && bytes < SIZE_BUCKETS[bucket]!.from) bucket--;
  return bucket;
}
