import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import type { WriteMode, WriteOptions } from "../backend.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { KeyedMutex } from "./keyed-mutex.js";

/** Names of an upload's files, all beside the object: `<prefix><id>`, `.data`, `.part-<n>`, `.join`. */
export const UPLOAD_PREFIX = ".lode-upload-";
const ID = /^[0-9a-f]{24}$/;

/** First line of a journal. */
export interface UploadHeader extends Pick<WriteOptions, "contentType" | "metadata"> {
  readonly version: 1;
  /** The last part of the key: the folder tells the rest. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly partSize?: number | undefined;
  readonly mode?: WriteMode | undefined;
}

/** One further line: a part whose bytes are in place. */
export interface PartRecord {
  readonly number: number;
  readonly size: number;
  readonly crc32c: number;
  /** In the common file at `(number - 1) * partSize`, or in a file of its own. */
  readonly place: "data" | "own";
}

/** The paths of an upload's files. */
export interface UploadPaths {
  readonly id: string;
  readonly journal: string;
  readonly data: string;
  /** Where parts of odd sizes are joined. */
  readonly joined: string;
  part(number: number): string;
}

export function newUploadId(): string {
  return randomBytes(12).toString("hex");
}

/** Undefined if the text cannot be the id of an upload. */
export function uploadPaths(directory: string, id: string): UploadPaths | undefined {
  if (!ID.test(id)) return undefined;
  const journal = `${directory}/${UPLOAD_PREFIX}${id}`;
  return {
    id,
    journal,
    data: `${journal}.data`,
    joined: `${journal}.join`,
    part: (number) => `${journal}.part-${number}`,
  };
}

/** The id if the name is that of a journal. */
export function journalId(name: string): string | undefined {
  if (!name.startsWith(UPLOAD_PREFIX)) return undefined;
  const id = name.slice(UPLOAD_PREFIX.length);
  return ID.test(id) ? id : undefined;
}

/** Lines of JSON beside an upload that tell after a crash which parts are whole. */
export class UploadJournal {
  readonly #calls: FsCalls;
  readonly #fd: number;
  readonly #mutex = new KeyedMutex();
  #closed = false;

  private constructor(calls: FsCalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
  }

  static async create(calls: FsCalls, path: string, header: UploadHeader): Promise<UploadJournal> {
    const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
    const fd = await calls.open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o666);
    const journal = new UploadJournal(calls, fd);
    try {
      await journal.#append(header);
    } catch (error) {
      // The first failure is the one to tell.
      await calls.close(fd).catch(() => {});
      await calls.unlink(path).catch(() => {});
      throw error;
    }
    return journal;
  }

  static async open(calls: FsCalls, path: string): Promise<UploadJournal> {
    const { O_APPEND, O_WRONLY, O_NOFOLLOW } = constants;
    return new UploadJournal(calls, await calls.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW));
  }

  record(part: PartRecord): Promise<void> {
    return this.#append(part);
  }

  sync(): Promise<void> {
    return this.#calls.fsync(this.#fd);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#calls.close(this.#fd);
  }

  /** An empty line comes first, so that a line torn by a crash does not spoil the next. */
  #append(line: UploadHeader | PartRecord): Promise<void> {
    const bytes = Buffer.from(`\n${JSON.stringify(line)}\n`);
    return this.#mutex.run("append", async () => {
      for (let done = 0; done < bytes.length; ) {
        done += await this.#calls.write(this.#fd, bytes.subarray(done), done);
      }
    });
  }
}

/** What a journal tells; undefined if there is none or its first line was never finished. */
export async function readJournal(
  calls: FsCalls,
  path: string,
): Promise<{ header: UploadHeader; parts: PartRecord[] } | undefined> {
  let text: string;
  try {
    text = await calls.readFile(path);
  } catch (error) {
    if (isFsError(error, "ENOENT")) return undefined;
    throw error;
  }
  const lines = text.split("\n").map(parseLine);
  const header = lines.find((line) => (line as UploadHeader | undefined)?.version === 1);
  if (header === undefined) return undefined;
  const parts = new Map<number, PartRecord>();
  for (const line of lines) if (isPart(line)) parts.set(line.number, line);
  return {
    header: header as UploadHeader,
    parts: [...parts.values()].sort((a, b) => a.number - b.number),
  };
}

/** A torn line is no JSON: its part was never told to be there. */
function parseLine(line: string): unknown {
  if (!line.startsWith("{") || !line.endsWith("}")) return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isPart(line: unknown): line is PartRecord {
  const part = line as Partial<PartRecord> | undefined;
  return (
    Number.isSafeInteger(part?.number) &&
    Number.isSafeInteger(part?.size) &&
    Number.isSafeInteger(part?.crc32c) &&
    (part?.place === "data" || part?.place === "own")
  );
}
