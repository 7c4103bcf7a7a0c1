import { createHash, randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { toLodeError } from "../../errors.js";
import type { UploadedPart } from "../backend.js";

/** What an interrupted upload in parts must match to go on. */
export interface JournalHeader {
  readonly version: 1;
  readonly source: string;
  readonly target: string;
  readonly sourceEtag: string;
  readonly sourceSize: number;
  readonly partSize: number;
  readonly uploadId: string;
}

/** A part that the target had taken, as far as the journal knows. */
export type JournalPart = Pick<UploadedPart, "number" | "size" | "etag"> & {
  readonly crc32c: number;
};

interface Owner {
  readonly pid: number;
  readonly host: string;
}

/** Journals that this process writes now. */
const active = new Set<string>();

/**
 * The journal of one object's upload in parts: a line of JSON for the upload, written atomically,
 * then one for each part that was taken. A last line that a crash cut off is ignored.
 */
export class TransferJournal {
  readonly header: JournalHeader;
  readonly parts = new Map<number, JournalPart>();
  readonly #path: string;
  readonly #owner: Owner | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, header: JournalHeader, owner?: Owner) {
    this.#path = path;
    this.header = header;
    this.#owner = owner;
  }

  /** True while another run, here or in another process of this machine, is at this upload. */
  get inUse(): boolean {
    if (active.has(this.#path)) return true;
    const owner = this.#owner;
    if (owner === undefined || owner.host !== hostname() || owner.pid === process.pid) return false;
    return isAlive(owner.pid);
  }

  /** Writes the journal as this process's own, with the parts it has. */
  async open(): Promise<void> {
    active.add(this.#path);
    const owner: Owner = { pid: process.pid, host: hostname() };
    const lines = [{ ...this.header, owner }, ...this.parts.values()];
    const temporary = `${this.#path}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      await writeFile(temporary, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), {
        mode: 0o600,
      });
      await rename(temporary, this.#path);
    } catch (error) {
      active.delete(this.#path);
      await rm(temporary, { force: true });
      throw toLodeError(error, "write journal", this.#path);
    }
  }

  async addPart(part: JournalPart): Promise<void> {
    this.parts.set(part.number, part);
    // One after the other, so that lines never mix.
    this.#writing = this.#writing.then(() =>
      appendFile(this.#path, `${JSON.stringify(part)}\n`, { mode: 0o600 }),
    );
    try {
      await this.#writing;
    } catch (error) {
      throw toLodeError(error, "write journal", this.#path);
    }
  }

  /** Leaves the journal for a later run. */
  release(): void {
    active.delete(this.#path);
  }

  async remove(): Promise<void> {
    this.release();
    await rm(this.#path, { force: true });
  }
}

/** The journals in one folder, looked at once: most objects of a tree have none. */
export class JournalFolder {
  readonly #folder: string;
  #names: Promise<Set<string>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What an earlier run has left for this source and target, if it can be read. */
  async find(source: string, target: string): Promise<TransferJournal | undefined> {
    this.#names ??= listNames(this.#folder);
    const names = await this.#names;
    if (names.size === 0) return undefined;
    const name = journalName(source, target);
    if (!names.has(name)) return undefined;
    const path = join(this.#folder, name);
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toLodeError(error, "read journal", path);
    }
    const journal = parseJournal(path, text);
    return journal?.header.source === source && journal.header.target === target
      ? journal
      : undefined;
  }

  async begin(header: JournalHeader): Promise<TransferJournal> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const name = journalName(header.source, header.target);
    const journal = new TransferJournal(join(this.#folder, name), header);
    await journal.open();
    (await this.#names)?.add(name);
    return journal;
  }
}

function journalName(source: string, target: string): string {
  const hash = createHash("sha256").update(`${source}\n${target}`).digest("hex");
  return `${hash.slice(0, 40)}.journal`;
}

async function listNames(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (isMissing(error)) return new Set();
    throw toLodeError(error, "read journals", folder);
  }
}

/** Undefined if its first line is none of ours: then the transfer begins anew and replaces it. */
function parseJournal(path: string, text: string): TransferJournal | undefined {
  const lines = text.split("\n");
  // What stands after the last line break was cut off.
  lines.pop();
  const [first, ...rest] = lines.map(parseLine);
  if (first === undefined || !isHeader(first)) return undefined;
  const journal = new TransferJournal(path, first, isOwner(first.owner) ? first.owner : undefined);
  for (const part of rest) if (isPart(part)) journal.parts.set(part.number, part);
  return journal;
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isHeader(
  line: Record<string, unknown>,
): line is Record<string, unknown> & JournalHeader & { owner?: unknown } {
  const texts = [line.source, line.target, line.sourceEtag, line.uploadId];
  return (
    line.version === 1 &&
    texts.every((text) => typeof text === "string") &&
    isCount(line.sourceSize) &&
    isCount(line.partSize) &&
    line.partSize > 0
  );
}

function isOwner(value: unknown): value is Owner {
  const owner = value as Partial<Owner> | undefined;
  return isCount(owner?.pid) && owner.pid > 0 && typeof owner.host === "string";
}

function isPart(
  line: Record<string, unknown> | undefined,
): line is Record<string, unknown> & JournalPart {
  return (
    line !== undefined &&
    isCount(line.number) &&
    isCount(line.size) &&
    isCount(line.crc32c) &&
    typeof line.etag === "string"
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
