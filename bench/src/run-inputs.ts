import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DATA } from "./keeper.js";
import type { Bench } from "./rows.js";

const PIECE = 8 * 2 ** 20;
const FILES_OF_A_FOLDER = 1000;
const INSERTED = Buffer.from("17 bytes inserted");
/** Bytes of each file of the folder. */
export const SMALL_FILE = 275;

/** Two folders with a file each: the original, and the same with bytes inserted at a third. */
export function writeVersions({
  bigFile,
  bigSize,
  memory,
}: Bench): [original: string, edited: string] {
  const [original, edited] = [join(memory, "original"), join(memory, "edited")];
  mkdirSync(original);
  mkdirSync(edited);
  linkSync(bigFile, join(original, DATA));
  const input = openSync(bigFile, "r");
  const output = openSync(join(edited, DATA), "w");
  const piece = new Uint8Array(PIECE);
  const copy = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      const read = readSync(input, piece, 0, Math.min(PIECE, to - at), at);
      writeSync(output, piece, 0, read);
      at += read;
    }
  };
  const third = Math.floor(bigSize / 3);
  copy(0, third);
  writeSync(output, INSERTED);
  copy(third, bigSize);
  closeSync(input);
  closeSync(output);
  return [original, edited];
}

/** A folder with small files of random bytes, 1,000 to each folder in it. */
export function writeTree({ bigFile, bigSize, memory }: Bench, files: number): string {
  const tree = join(memory, "tree");
  const input = openSync(bigFile, "r");
  const bytes = new Uint8Array(SMALL_FILE);
  for (let i = 0; i < files; i++) {
    const folder = join(tree, DATA, String(Math.floor(i / FILES_OF_A_FOLDER)).padStart(3, "0"));
    if (i % FILES_OF_A_FOLDER === 0) mkdirSync(folder, { recursive: true });
    readSync(input, bytes, 0, SMALL_FILE, (i * SMALL_FILE) % (bigSize - SMALL_FILE));
    writeFileSync(join(folder, String(i).padStart(7, "0")), bytes);
  }
  closeSync(input);
  return tree;
}
