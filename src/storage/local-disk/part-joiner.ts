import { type BigIntStats, constants } from "node:fs";
import { LodeError, throwIfAborted } from "../../errors.js";
import type { DataFile } from "./data-io.js";
import { isFsError } from "./fs-error.js";
import type { LocalDisk } from "./local-disk.js";
import { stampFile } from "./object-version.js";
import type { PartRecord } from "./upload-journal.js";

/** Where the bytes of a part begin. */
export interface PartSource {
  readonly file: DataFile;
  readonly start: number;
  close(): Promise<void>;
}

/**
 * Copies all parts in their order into a new file at `path` and tells its stats; the parts stay. On
 * a failure the new file is removed.
 */
export async function joinParts(
  disk: LocalDisk,
  path: string,
  parts: readonly PartRecord[],
  open: (part: PartRecord) => Promise<PartSource>,
  signal: AbortSignal | undefined,
): Promise<BigIntStats> {
  const { calls, io } = disk;
  const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
  await calls.unlink(path).catch(unlessMissing); // of a complete that failed
  const file = await io.open(path, O_CREAT | O_RDWR | O_NOFOLLOW, 0o666);
  let stats: BigIntStats;
  try {
    let position = 0;
    for (const part of parts) {
      throwIfAborted(signal, "complete");
      await copyPart(part, await open(part), file, position);
      position += part.size;
    }
    await file.setSize(position);
    stats = await sealFile(disk, file);
  } catch (error) {
    await file.close().catch(() => {}); // the first failure is the one to tell
    await calls.unlink(path).catch(unlessMissing);
    throw error;
  }
  await file.close();
  return stats;
}

/** Stamps a finished file and syncs it where the store does. */
export async function sealFile(disk: LocalDisk, file: DataFile): Promise<BigIntStats> {
  stampFile(disk.calls, file.fd);
  if (disk.sync === "full") await disk.calls.fsync(file.fd);
  return disk.calls.fstatSync(file.fd);
}

async function copyPart(
  part: PartRecord,
  source: PartSource,
  target: DataFile,
  position: number,
): Promise<void> {
  const chunks = source.file.chunks(source.start, source.start + part.size);
  let done = 0;
  try {
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      await target.write(chunk, position + done);
      done += chunk.byteLength;
    }
  } finally {
    await chunks.close();
    await source.close();
  }
  if (done === part.size) return;
  throw new LodeError({
    code: "integrity",
    message: `part ${part.number} has ${done} bytes, not ${part.size} as when it was put; put it again`,
  });
}

export function unlessMissing(error: unknown): void {
  if (!isFsError(error, "ENOENT")) throw error;
}
