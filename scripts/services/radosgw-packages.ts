import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, exists, publishFolder } from "./cache-folder.js";
import { CEPH_PROGRAMS, CephPrograms } from "./ceph-programs.js";
import { type DebianMirror, findDebianMirror } from "./debian-mirror.js";
import { unpackDebianPackages } from "./debian-packages.js";

/**
 * Its Ceph knows conditional writes and the newer checksums; Debian 12's does not. Another suite can
 * be set in `LODE_TEST_RADOSGW_SUITE`, to see how clients do with an older server.
 */
const PREFERRED_SUITE = process.env.LODE_TEST_RADOSGW_SUITE || "testing";
const VERSION_FILE = "ceph-version";
const UNUSED_FOLDERS = ["usr/share", "usr/sbin", "usr/libexec", "usr/include", "etc", "var"];

export interface RadosgwPackages {
  readonly programs: CephPrograms;
  readonly version: string;
  readonly suite: string;
}

/** The packages in the cache, those of the preferred suite first; undefined if there are none. */
export async function cachedPackages(): Promise<RadosgwPackages | undefined> {
  for (const suite of suites(await findDebianMirror())) {
    const folder = folderOf(suite);
    if (await exists(folder)) return open(folder, suite);
  }
  return undefined;
}

/**
 * Downloads the packages of the preferred suite or, where that fails, of the machine's own.
 *
 * @throws AggregateError with the failure of each suite.
 */
export async function fetchPackages(signal?: AbortSignal): Promise<RadosgwPackages> {
  const preferred = folderOf(PREFERRED_SUITE);
  if (await exists(preferred)) return open(preferred, PREFERRED_SUITE);
  const mirror = await findDebianMirror();
  if (mirror === undefined) throw new Error("no Debian mirror in the apt sources");
  const failures: Error[] = [];
  for (const suite of suites(mirror)) {
    try {
      await publishFolder(folderOf(suite), (folder) => fill(folder, mirror, suite, signal));
      return await open(folderOf(suite), suite);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(error as Error);
    }
  }
  const reasons = failures.map(({ message }) => message).join("\n");
  throw new AggregateError(failures, `cannot fetch radosgw from ${mirror.uri}: ${reasons}`);
}

async function fill(
  folder: string,
  mirror: DebianMirror,
  suite: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const packages = ["radosgw", "ceph-mon", "ceph-osd"];
  await unpackDebianPackages({ mirror, suite, packages, wanted: isNeeded, signal }, folder);
  for (const name of UNUSED_FOLDERS) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const name of await readdir(join(folder, "usr/bin"))) {
    if (CEPH_PROGRAMS.some((program) => program === name)) continue;
    await rm(join(folder, "usr/bin", name), { recursive: true });
  }
  const programs = await CephPrograms.open(folder);
  await programs.checkLibraries();
  await writeFile(join(folder, VERSION_FILE), await programs.version());
}

/** Ceph itself and shared libraries; what else it depends on serves an installed system. */
function isNeeded(name: string): boolean {
  const isProgram = /^(radosgw|ceph-(base|common|mon|osd))$/.test(name);
  return isProgram || (/^(lib|zlib)/.test(name) && !/^lib(python|perl|js-)/.test(name));
}

async function open(folder: string, suite: string): Promise<RadosgwPackages> {
  const version = await readFile(join(folder, VERSION_FILE), "utf8");
  return { programs: await CephPrograms.open(folder), version, suite };
}

function suites(mirror: DebianMirror | undefined): string[] {
  return [...new Set([PREFERRED_SUITE, ...(mirror === undefined ? [] : [mirror.suite])])];
}

function folderOf(suite: string): string {
  return join(cacheFolder(), `radosgw-${suite}`);
}
