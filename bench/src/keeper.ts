import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "./measure.js";

/** What all versions of the file or folder are called that a keeper stores. */
export const DATA = "data";

/** A client that keeps versions of a file or a folder in a repository of its own. */
export interface Keeper {
  readonly name: string;
  /** The folder in which the versions are; its bytes are what they take. */
  readonly repository: string;
  /** Makes an empty repository in the place of what was there. */
  begin(): void;
  /** Brings `DATA` of a folder, or only one file of it, to where the client takes it from. */
  place(folder: string, only?: string): void;
  /** Stores what was placed; this is what is measured. */
  store(folder: string): Program;
  /** Writes what was stored last, and tells where; `target` is an empty folder. */
  restore(target: string): string;
  clear(): void;
}

/** Runs a program that is not measured and gives what it says. Throws if it fails. */
export function runAside({ command, env, cwd }: Program): string {
  const [program = "", ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    cwd,
  });
  if (status !== 0) {
    throw new Error(`${command.join(" ")} failed (${status}): ${error?.message ?? stderr}`);
  }
  return stdout;
}

/** The bytes of all files below a folder, each counted once, whatever blocks the disk gives them. */
export function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? bytesBelow(path) : lstatSync(path).size;
  }
  return bytes;
}
