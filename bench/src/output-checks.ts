import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { ServerStats } from "./neutral-server.js";

/** Makes the folder anew. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 }))
    hash.update(chunk as Buffer);
  return hash.digest("hex");
}

const hashes = new Map<string, string>();

/** Throws unless the file has the original's size and SHA-256. */
export async function expectFile(file: string, original: string): Promise<void> {
  if (!existsSync(file)) throw new Error(`${file} is not there`);
  if (!hashes.has(original)) hashes.set(original, await sha256(original));
  if (
    statSync(file).size !== statSync(original).size ||
    (await sha256(file)) !== hashes.get(original)
  ) {
    throw new Error(`${file} is not what was served`);
  }
}

/** Throws unless the folder holds the files of the original, byte for byte. */
export function expectTree(folder: string, original: string, count: number): void {
  const names = readdirSync(folder);
  if (names.length !== count) throw new Error(`${folder} has ${names.length} files, not ${count}`);
  for (const name of names) {
    if (!readFileSync(join(folder, name)).equals(readFileSync(join(original, name)))) {
      throw new Error(`${join(folder, name)} is not what was served`);
    }
  }
}

/** Throws unless the folders hold the same files below them, byte for byte. */
export function expectSameTree(folder: string, original: string): void {
  const below = (path: string) => readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  const [names, expected] = [below(folder), below(original)];
  if (names.length !== expected.length || names.some((name, i) => name !== expected[i])) {
    throw new Error(`${folder} does not have the files of ${original}`);
  }
  for (const name of names) {
    const [path, other] = [join(folder, name), join(original, name)];
    if (statSync(path).isDirectory() && statSync(other).isDirectory()) continue;
    if (!readFileSync(path).equals(readFileSync(other))) {
      throw new Error(`${path} is not what was stored`);
    }
  }
}

/** Throws unless the server took so many objects, all of them right. */
export function expectUploads(seen: ServerStats | undefined, count: number): void {
  if (seen?.objectsPut !== count || (seen.wrong ?? []).length > 0) {
    throw new Error(
      `the server has ${seen?.objectsPut} objects, wrong: ${seen?.wrong?.slice(0, 3)}`,
    );
  }
}
