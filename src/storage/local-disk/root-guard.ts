import { join } from "node:path";
import { invalidKey } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import type { LocalKey } from "./local-key.js";

/** Where a key's file is: `directory` has no links left in it. */
export interface Place {
  readonly key: string;
  readonly directory: string;
  readonly name: string;
  /** `directory/name`. */
  readonly path: string;
}

/**
 * Turns keys into paths that cannot leave the root. Every call resolves the folder anew (one
 * system call of a few microseconds): a cache could be outdated by a link put there later.
 */
export class RootGuard {
  readonly root: string;
  readonly #calls: FsCalls;
  readonly #makesRoot: boolean;
  #realRoot: string | undefined;

  /** `makesRoot`: a write makes the root where it is missing; else that is `not-found`. */
  constructor(calls: FsCalls, root: string, makesRoot: boolean) {
    this.#calls = calls;
    this.root = root;
    this.#makesRoot = makesRoot;
  }

  /** The key's place if its folder exists. Throws `invalid-key` if the folder leaves the root. */
  find(key: LocalKey): Place | undefined {
    const directory = this.folder(key.folders, key.key);
    return directory === undefined ? undefined : place(key, directory);
  }

  /** The real path of a folder below the root, undefined if there is none. */
  folder(folders: readonly string[], key: string): string | undefined {
    const real = this.#resolve(this.#path(folders));
    if (real === undefined) return undefined;
    this.#mustBeInside(real, folders, key);
    return real;
  }

  /**
   * The key's place, its folders made where they are missing. Throws `invalid-key` where a folder
   * leaves the root or an object is in the way.
   */
  make(key: LocalKey): Place & { readonly made: boolean } {
    const real = this.folder(key.folders, key.key);
    if (real !== undefined) return { ...place(key, real), made: false };
    return { ...place(key, this.#makeFolder(key.folders, key.key)), made: true };
  }

  /** Makes the root with all folders above it. Throws `already-exists`. */
  makeRoot(): string {
    makeAbove(this.#calls, this.root);
    try {
      this.#calls.mkdirSync(this.root);
    } catch (error) {
      if (!isFsError(error, "EEXIST")) throw error;
      throw new LodeError({
        code: "already-exists",
        message: `the folder ${this.root} exists already`,
        cause: error,
      });
    }
    return this.#calls.realpathSync(this.root);
  }

  /** Throws `not-found` if the root is missing and the store is not to make it. */
  mustExist(): void {
    if (this.#makesRoot || this.#resolve(this.root) !== undefined) return;
    throw new LodeError({
      code: "not-found",
      message: `the folder ${this.root} does not exist; create it first`,
    });
  }

  /** Throws `invalid-key` if the place's folder has become another since it was found. */
  recheck(at: Place): void {
    if (this.#resolve(at.directory) !== at.directory) {
      throw invalidKey(at.key, "its folder was moved or replaced by a link meanwhile; try again");
    }
  }

  /** The target of a symbolic link to a file; undefined if it leads nowhere. */
  followLink(at: Place): string | undefined {
    const real = this.#resolve(at.path);
    if (real !== undefined && !this.isInside(real)) throw leavesRoot(at.key);
    return real;
  }

  /** True if the real path lies below the root. */
  isInside(real: string): boolean {
    this.#realRoot = this.#calls.realpathSync(this.root);
    return isBelow(real, this.#realRoot);
  }

  #path(folders: readonly string[]): string {
    return folders.length === 0 ? this.root : join(this.root, ...folders);
  }

  #resolve(path: string): string | undefined {
    try {
      return this.#calls.realpathSync(path);
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  #mustBeInside(real: string, folders: readonly string[], key: string): void {
    // Without links the real path is the root's plus the key's: no second look is needed.
    if (this.#realRoot !== undefined) {
      if (real === (folders.length === 0 ? this.#realRoot : join(this.#realRoot, ...folders))) {
        return;
      }
    }
    if (!this.isInside(real)) throw leavesRoot(key);
  }

  #makeFolder(folders: readonly string[], key: string): string {
    const path = this.#path(folders);
    if (folders.length > 0) this.#makeFolder(folders.slice(0, -1), key);
    else {
      this.mustExist();
      makeAbove(this.#calls, path);
    }
    const made = this.folder(folders, key) ?? this.#makeOne(path, folders, key);
    if (!this.#calls.lstatSync(made).isDirectory()) {
      const below = folders.join("/");
      throw invalidKey(key, `it lies below the object ${JSON.stringify(below)}, not in a folder`);
    }
    return made;
  }

  #makeOne(path: string, folders: readonly string[], key: string): string {
    try {
      this.#calls.mkdirSync(path);
    } catch (error) {
      if (!isFsError(error, "EEXIST")) throw error;
    }
    const real = this.folder(folders, key);
    if (real !== undefined) return real;
    // Somebody removed the folder again, or a link that leads nowhere has its name.
    throw Object.assign(new Error(`${path} is gone again`), { code: "ENOENT" });
  }
}

function place(key: LocalKey, directory: string): Place {
  const path = directory === "/" ? `/${key.name}` : `${directory}/${key.name}`;
  return { key: key.key, directory, name: key.name, path };
}

function makeAbove(calls: FsCalls, path: string): void {
  const above = join(path, "..");
  if (above === path) return;
  try {
    calls.lstatSync(above);
  } catch (error) {
    if (!isFsError(error, "ENOENT")) throw error;
    makeAbove(calls, above);
    try {
      calls.mkdirSync(above);
    } catch (made) {
      if (!isFsError(made, "EEXIST")) throw made;
    }
  }
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root === "/" ? "/" : `${root}/`);
}

function leavesRoot(key: string): Error {
  return invalidKey(key, "a symbolic link in its path leaves the store's folder");
}
