import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "../../core/index.js";
import { type FileStamp, sameStamp } from "./file-stamp.js";
import { atPath, errorName } from "./local-error.js";

interface CachedFile {
  readonly stamp: FileStamp;
  readonly sha256: string;
}

/**
 * Clocks of file systems go in steps, of up to two seconds on FAT: a file that is written to within the step in which
 * it was looked at keeps its times. Only what had not changed for longer than this is remembered, as git does with its
 * index ("racy git", https://git-scm.com/docs/racy-git).
 */
const STEP_MS = 2_000;
const FIRST_LINE = "lode-stat-cache 1";

/**
 * SHA-256 of the files of one folder, by what `stat` said of them when they were read. It holds nothing that cannot be
 * made again: a damaged or missing one is begun anew.
 */
export class StatCache {
  readonly #file: string;
  readonly #before: ReadonlyMap<string, CachedFile>;
  readonly #now = new Map<string, CachedFile>();

  /** That of the tree at `root`, in a folder of caches. */
  static async open(folder: string, root: string): Promise<StatCache> {
    const name = createHash("sha256").update(root).digest("hex").slice(0, 32);
    const file = join(folder, `${name}.stat`);
    try {
      return new StatCache(file, parse(await readFile(file, "utf8")));
    } catch (error) {
      if (errorName(error) === "ENOENT") return new StatCache(file, new Map());
      return atPath("read", file, () => Promise.reject(error));
    }
  }

  private constructor(file: string, before: ReadonlyMap<string, CachedFile>) {
    this.#file = file;
    this.#before = before;
  }

  /** The SHA-256 of the file if it is as it was. */
  find(path: string, stamp: FileStamp): string | undefined {
    const cached = this.#before.get(path);
    if (cached === undefined || !sameStamp(cached.stamp, stamp)) return undefined;
    this.#now.set(path, cached);
    return cached.sha256;
  }

  /** Remembers a file that was read; `seenAt` is a moment before its stamp was taken, in milliseconds since 1970. */
  add(path: string, stamp: FileStamp, sha256: string, seenAt: number): void {
    const changed = stamp.mtimeNs > stamp.ctimeNs ? stamp.mtimeNs : stamp.ctimeNs;
    if (Number(changed / 1_000_000n) < seenAt - STEP_MS) this.#now.set(path, { stamp, sha256 });
  }

  /** Puts what was found and added in the place of what was there. */
  async save(): Promise<void> {
    const lines = [FIRST_LINE];
    for (const [path, { stamp, sha256 }] of this.#now) {
      const { size, mtimeNs, ctimeNs, inode } = stamp;
      lines.push([sha256, size, mtimeNs, ctimeNs, inode, JSON.stringify(path)].join(" "));
    }
    const text = `${lines.join("\n")}\n`;
    const temporary = `${this.#file}.${randomBytes(6).toString("hex")}`;
    await atPath("write", this.#file, async () => {
      await mkdir(join(this.#file, ".."), { recursive: true });
      try {
        await writeFile(temporary, `${text}${checksum(text)}\n`, { flag: "wx" });
        await rename(temporary, this.#file);
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }
}

const LINE = /^([0-9a-f]{64}) (\d+) (-?\d+) (-?\d+) (\d+) (".*")$/;

/** What the text says; nothing if its checksum shows that it was damaged. */
function parse(text: string): Map<string, CachedFile> {
  const files = new Map<string, CachedFile>();
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  if (!body.startsWith(`${FIRST_LINE}\n`) || text.slice(end) !== `${checksum(body)}\n`)
    return files;
  for (const line of body.split("\n").slice(1, -1)) {
    const [, sha256 = "", size, mtimeNs = "", ctimeNs = "", inode = "", path = ""] =
      LINE.exec(line) ?? [];
    const stamp = {
      size: Number(size),
      mtimeNs: BigInt(mtimeNs),
      ctimeNs: BigInt(ctimeNs),
      inode: BigInt(inode),
    };
    files.set(JSON.parse(path) as string, { stamp, sha256 });
  }
  return files;
}

function checksum(text: string): string {
  return crc32c(Buffer.from(text, "utf8")).toString(16).padStart(8, "0");
}
