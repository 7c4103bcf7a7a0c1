import * as fs from "node:fs";

/**
 * The few calls to the operating system that the local stores make, so that a test can let the n-th
 * one fail. Descriptors are plain numbers: the synchronous and the asynchronous calls share them.
 * All stats are in bigint, whose times are whole nanoseconds.
 */
export interface FsCalls {
  open(path: string, flags: number, mode?: number): Promise<number>;
  close(fd: number): Promise<void>;
  /** Bytes read, 0 at the end; may be fewer than asked for. */
  read(fd: number, target: Uint8Array, position: number): Promise<number>;
  /** Bytes written; may be fewer than given. */
  write(fd: number, bytes: Uint8Array, position: number): Promise<number>;
  fsync(fd: number): Promise<void>;
  fdatasync(fd: number): Promise<void>;
  ftruncate(fd: number, size: number): Promise<void>;
  lstat(path: string): Promise<fs.BigIntStats>;
  stat(path: string): Promise<fs.BigIntStats>;
  readdir(path: string): Promise<fs.Dirent[]>;
  readFile(path: string): Promise<string>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  copyFile(from: string, to: string, mode: number): Promise<void>;

  openSync(path: string, flags: number, mode?: number): number;
  closeSync(fd: number): void;
  writeSync(fd: number, bytes: Uint8Array, position: number): number;
  fstatSync(fd: number): fs.BigIntStats;
  lstatSync(path: string): fs.BigIntStats;
  /** Times in seconds. */
  futimesSync(fd: number, accessed: number, modified: number): void;
  linkSync(from: string, to: string): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  mkdirSync(path: string): void;
  realpathSync(path: string): string;
  symlinkSync(text: string, path: string): void;
  readlinkSync(path: string): string;
}

const BIGINT = { bigint: true } as const;

/** The real calls. */
export const nodeFsCalls: FsCalls = {
  open: (path, flags, mode) => promise((done) => fs.open(path, flags, mode, done)),
  close: (fd) => promise((done) => fs.close(fd, done)),
  read: (fd, target, position) =>
    promise((done) => fs.read(fd, target, 0, target.byteLength, position, done)),
  write: (fd, bytes, position) =>
    promise((done) => fs.write(fd, bytes, 0, bytes.byteLength, position, done)),
  fsync: (fd) => promise((done) => fs.fsync(fd, done)),
  fdatasync: (fd) => promise((done) => fs.fdatasync(fd, done)),
  ftruncate: (fd, size) => promise((done) => fs.ftruncate(fd, size, done)),
  lstat: (path) => promise((done) => fs.lstat(path, BIGINT, done)),
  stat: (path) => promise((done) => fs.stat(path, BIGINT, done)),
  readdir: (path) => promise((done) => fs.readdir(path, { withFileTypes: true }, done)),
  readFile: (path) => promise((done) => fs.readFile(path, "utf8", done)),
  link: (from, to) => promise((done) => fs.link(from, to, done)),
  rename: (from, to) => promise((done) => fs.rename(from, to, done)),
  unlink: (path) => promise((done) => fs.unlink(path, done)),
  rmdir: (path) => promise((done) => fs.rmdir(path, done)),
  copyFile: (from, to, mode) => promise((done) => fs.copyFile(from, to, mode, done)),

  openSync: (path, flags, mode) => fs.openSync(path, flags, mode),
  closeSync: (fd) => fs.closeSync(fd),
  writeSync: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.byteLength, position),
  fstatSync: (fd) => fs.fstatSync(fd, BIGINT),
  lstatSync: (path) => fs.lstatSync(path, BIGINT),
  futimesSync: (fd, accessed, modified) => fs.futimesSync(fd, accessed, modified),
  linkSync: (from, to) => fs.linkSync(from, to),
  renameSync: (from, to) => fs.renameSync(from, to),
  unlinkSync: (path) => fs.unlinkSync(path),
  mkdirSync: (path) => fs.mkdirSync(path),
  realpathSync: (path) => fs.realpathSync.native(path),
  symlinkSync: (text, path) => fs.symlinkSync(text, path),
  readlinkSync: (path) => fs.readlinkSync(path),
};

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

function promise<T = void>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null ? resolve(value) : reject(error)));
  });
}
