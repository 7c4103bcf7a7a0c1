import { LodeError } from "../../errors.js";
import type { ObjectMeta, WriteMode } from "../backend.js";
import type { ObjectStore } from "../object-store.js";
import { BufferPool, DEFAULT_MEMORY_LIMIT } from "./buffer-pool.js";
import { DEFAULT_MULTIPART_THRESHOLD, DEFAULT_PART_SIZE } from "./part-plan.js";

/** One object of one store. */
export interface ObjectPlace {
  readonly store: ObjectStore;
  readonly key: string;
}

/** All objects of one store below a folder; the whole store if the prefix is empty. */
export interface TreePlace {
  readonly store: ObjectStore;
  /** Taken as a folder: a missing slash at its end is added. Default "". */
  readonly prefix?: string | undefined;
}

/**
 * What to do where the target exists: replace it, fail (`already-exists`), replace only this
 * version, or `skip` it, which costs a `head` for each object.
 */
export type TransferMode = WriteMode | "skip";

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Tell what would happen and change nothing. */
  readonly dryRun?: boolean | undefined;
  /** Least time between two `progress` events, in milliseconds. Default 100. */
  readonly progressInterval?: number | undefined;
}

export interface TransferOptions extends RunOptions {
  /** Objects in flight. Default 64. */
  readonly concurrency?: number | undefined;
  /** Parts of one object in flight. Default 8. */
  readonly partConcurrency?: number | undefined;
  /** Bytes of a part, raised where the target asks for larger or fewer ones. Default 8 MiB. */
  readonly partSize?: number | undefined;
  /** Objects above this size go in parts. Default 16 MiB. */
  readonly multipartThreshold?: number | undefined;
  /** Most bytes in flight over everything. Default 256 MiB. A part larger than that goes alone. */
  readonly memoryLimit?: number | undefined;
  /** Memory shared with other transfers, in place of `memoryLimit`. */
  readonly pool?: BufferPool | undefined;
  /**
   * `transfer` (default): checksums of what is read and of what the target took are compared.
   * `read-back`: then the target is also read again.
   */
  readonly verify?: "transfer" | "read-back" | undefined;
  readonly mode?: TransferMode | undefined;
  /** Set on the targets in place of what the sources have. */
  readonly contentType?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
  /**
   * A local folder for the journals of objects that go in parts. With it an interrupted transfer
   * goes on where it stopped when it is started again.
   */
  readonly stateDir?: string | undefined;
  /** False begins anew and gives up what an earlier run has left. Default true. */
  readonly resume?: boolean | undefined;
  /** Keep what was sent when the signal fires, so that it can be resumed. Default false. */
  readonly keepPartial?: boolean | undefined;
  /**
   * Whether both stores are one container, so that copies can stay on the server. Default: they are
   * the same `ObjectStore`. Give it where two of them stand for one container.
   */
  readonly sameStore?: boolean | undefined;
}

/** The options with every default in its place. */
export interface TransferSettings {
  readonly concurrency: number;
  readonly partConcurrency: number;
  readonly partSize: number;
  readonly multipartThreshold: number;
  readonly pool: BufferPool;
  readonly verify: "transfer" | "read-back";
  readonly mode: TransferMode;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly storageClass: string | undefined;
  readonly stateDir: string | undefined;
  readonly resume: boolean;
  readonly keepPartial: boolean;
}

/** Throws `invalid-argument` for a number that cannot be meant. */
export function resolveSettings(options: TransferOptions): TransferSettings {
  const memoryLimit = positive("memoryLimit", options.memoryLimit ?? DEFAULT_MEMORY_LIMIT);
  const pool = options.pool ?? new BufferPool(memoryLimit);
  // With little memory, parts are cut smaller rather than sent one after the other.
  const roomy = Math.max(1 << 20, Math.floor(pool.limit / 4));
  const partSize = positive("partSize", options.partSize ?? Math.min(DEFAULT_PART_SIZE, roomy));
  const threshold = positive(
    "multipartThreshold",
    options.multipartThreshold ?? DEFAULT_MULTIPART_THRESHOLD,
  );
  return {
    concurrency: positive("concurrency", options.concurrency ?? 64),
    partConcurrency: positive("partConcurrency", options.partConcurrency ?? 8),
    partSize,
    multipartThreshold: Math.min(threshold, Math.max(partSize, Math.floor(pool.limit / 2))),
    pool,
    verify: options.verify ?? "transfer",
    mode: options.mode ?? "overwrite",
    contentType: options.contentType,
    metadata: options.metadata,
    storageClass: options.storageClass,
    stateDir: options.stateDir,
    resume: options.resume ?? true,
    keepPartial: options.keepPartial ?? false,
  };
}

/** One object to copy, and what a listing has told of it. */
export interface TransferItem {
  readonly key: string;
  readonly targetKey: string;
  readonly known?: ObjectMeta | undefined;
  /** Why it is copied, to be told. */
  readonly reason?: string | undefined;
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new LodeError({
    code: "invalid-argument",
    message: `${name} cannot be ${value}; give a positive whole number`,
  });
}
