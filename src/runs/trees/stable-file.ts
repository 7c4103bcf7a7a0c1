import { close, constants, fstat, open as openCallback, read } from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { allocateForReads } from "../../core/index.js";
import { isLodeError, LodeError, throwIfAborted } from "../../errors.js";
import { type FileStamp, sameStamp, stampOf } from "./file-stamp.js";
import { atPath } from "./local-error.js";

const PIECE_BYTES = 1024 * 1024;
/** A file that changes while it is read is begun again this often. */
const ATTEMPTS = 3;

// Without a `FileHandle` for each, small files take half of the time.
const openDescriptor = promisify(openCallback);
const readDescriptor = promisify(read);
const statDescriptor = promisify(fstat);
const closeDescriptor = promisify(close);

/** No link, and no device or pipe that took the file's place: opening one might wait for ever. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The content of a file at one moment. */
export interface StableContent {
  readonly bytes: Uint8Array;
  /** Of that moment. */
  readonly stamp: FileStamp;
}

/**
 * All bytes of a file of at most `most`. `seen` is its stamp of just before. Throws `precondition-failed` if it changes at each of three
 * tries or grows beyond that, and what opening it throws; a symbolic link is not followed.
 */
export async function readStableFile(
  path: string,
  seen: FileStamp,
  most: number,
): Promise<StableContent> {
  let before = seen;
  for (let attempt = 1; ; attempt++) {
    const { bytes, after } = await atPath("read", path, () => readOnce(path, before.size));
    if (bytes.length === before.size && sameStamp(before, after)) return { bytes, stamp: after };
    if (attempt === ATTEMPTS || after.size > most) throw changedError(path);
    before = after;
  }
}

async function readOnce(
  path: string,
  size: number,
): Promise<{ bytes: Uint8Array; after: FileStamp }> {
  const file = await openDescriptor(path, OPEN_FLAGS);
  try {
    // A byte more tells a file that has grown.
    const target = new Uint8Array(size + 1);
    let filled = 0;
    do {
      const { bytesRead } = await readDescriptor(
        file,
        target,
        filled,
        target.length - filled,
        filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    } while (filled < size);
    const stats = await statDescriptor(file, { bigint: true });
    return { bytes: target.subarray(0, filled), after: stampOf(stats) };
  } finally {
    await closeDescriptor(file);
  }
}

/** A file that is open; what is read of it is as it was when it was opened, or else `pieces` ends with an error. */
export interface StableFile extends AsyncDisposable {
  /** In bytes. */
  readonly size: number;
  readonly stamp: FileStamp;
  /** The bytes from `start` up to and without `end`, which lie inside. */
  read(start: number, end: number): Promise<Uint8Array>;
  /**
   * All bytes, each piece valid until the next one is asked for. If the file changed since it was opened, the end is
   * an error by which {@link whileStable} begins again.
   */
  pieces(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined>;
}

/** Opens a file of the local disk; close it by `Symbol.asyncDispose`. A symbolic link is not followed. */
export async function openStableFile(path: string): Promise<StableFile> {
  const file = await atPath("read", path, () => open(path, OPEN_FLAGS));
  const stampNow = async () => {
    const stats = await atPath("read", path, () => file.stat({ bigint: true }));
    if (!stats.isFile()) throw noFile(path);
    return stampOf(stats);
  };
  const readInto = async (target: Uint8Array, position: number) => {
    const call = () => file.read(target, 0, target.length, position);
    return (await atPath("read", path, call)).bytesRead;
  };
  try {
    const stamp = await stampNow();
    return {
      size: stamp.size,
      stamp,
      async read(start, end) {
        const target = new Uint8Array(end - start);
        for (let filled = 0; filled < target.length; ) {
          const count = await readInto(target.subarray(filled), start + filled);
          if (count === 0) throw changedError(path);
          filled += count;
        }
        return target;
      },
      async *pieces(signal) {
        const pieceBytes = Math.max(1, Math.min(PIECE_BYTES, stamp.size));
        let [piece, other] = [allocateForReads(pieceBytes), allocateForReads(pieceBytes)];
        let position = 0;
        let reading = readInto(piece, position);
        try {
          for (;;) {
            throwIfAborted(signal, "read");
            const count = await reading;
            if (count === 0) break;
            position += count;
            // While this piece is used, the next one is read.
            reading = readInto(other, position);
            // Its failure is told when its turn comes, and must have a listener until then.
            reading.catch(() => undefined);
            yield piece.subarray(0, count);
            [piece, other] = [other, piece];
          }
        } finally {
          // The file must not be closed, and the memory not used again, under it.
          await reading.catch(() => undefined);
        }
        const now = await stampNow();
        if (position !== stamp.size || !sameStamp(stamp, now)) throw changedError(path);
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Does the work, which reads the file at `path`, again while the file changes under it, three times in all. */
export async function whileStable<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isChangedError(error, path)) throw error;
    }
  }
}

function isChangedError(error: unknown, path: string): boolean {
  return isLodeError(error, "precondition-failed") && error.details.changedFile === path;
}

/** The error for a file that does not stay as it is. */
export function changedError(path: string): LodeError {
  return new LodeError({
    code: "precondition-failed",
    retry: "safe",
    message: `${path} changes while it is read; store it when nothing writes to it`,
    uri: path,
    details: { changedFile: path },
  });
}

function noFile(path: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${path} is no file; name a file, or a folder by treeOf`,
    uri: path,
  });
}
