import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** What is in a folder by its path there: bytes or text of a file, `null` for an empty folder, a link. */
export type Content = Record<string, string | Uint8Array | null | { readonly link: string }>;

/** A new folder that goes when the test ends. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lode-tree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function fill(folder: string, content: Content): Promise<void> {
  for (const [path, what] of Object.entries(content)) {
    const location = join(folder, path);
    await mkdir(what === null ? location : dirname(location), { recursive: true });
    if (what === null) continue;
    if (typeof what === "object" && "link" in what) await symlink(what.link, location);
    else await writeFile(location, what);
    if (path.endsWith(".sh")) await chmod(location, 0o755);
  }
}

/** What is in a folder, as {@link fill} takes it, with files as text of latin1 and `.sh` as told by their mode. */
export async function contentOf(folder: string): Promise<Content> {
  const found: Content = {};
  const walk = async (path: string): Promise<void> => {
    const names = await readdir(join(folder, path));
    if (names.length === 0 && path !== "") found[path] = null;
    for (const name of names) {
      const below = path === "" ? name : `${path}/${name}`;
      const location = join(folder, below);
      const stats = await lstat(location);
      if (stats.isDirectory()) await walk(below);
      else if (stats.isSymbolicLink()) found[below] = { link: await readlink(location) };
      else {
        if (((stats.mode & 0o100) !== 0) !== below.endsWith(".sh"))
          throw new Error(`mode of ${below}`);
        found[below] = await readFile(location, "latin1");
      }
    }
  };
  await walk("");
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Makes everything below look as if it had been written a minute ago; `ctime` stays. */
export async function age(location: string): Promise<void> {
  const then = new Date(Date.now() - 60_000);
  await utimes(location, then, then);
}
