import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/index.js";
import { type ChildProgram, childProgram } from "../../processes/child-program.js";
import { putOne, randomBytes } from "../blobs/places.js";
import { cacheBytes, cacheFiles } from "./cache-files.js";
import type { ReadingReport, ReadingTask } from "./reading-child.js";

const KIB = 1024;
const CAP = 2048 * KIB;
const SIZES = [30, 100, 300, 300, 400, 1500, 2500].map((size) => size * KIB);

let child: ChildProgram<ReadingTask>;
let root: string;
let uri: string;
let folder: string;
let blobs: ReadingTask["blobs"];

beforeAll(async () => {
  child = await childProgram("test/cas/cache/reading-child.ts");
  root = await mkdtemp(join(tmpdir(), "lodestore-cached-"));
  uri = `file://${root}`;
  await using store = await openStore(uri, { file: { sync: "none" } });
  blobs = await Promise.all(
    SIZES.map(async (size, seed) => {
      const { id } = await putOne(store, randomBytes(size, seed));
      return { id, size, seed };
    }),
  );
});

afterAll(async () => {
  await child?.drop();
  await rm(root, { recursive: true, force: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-cache-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function task(seed: number, reads: number, killAfter?: number): ReadingTask {
  const kill = killAfter === undefined ? {} : { killAfter };
  return { uri, cache: { folder, maxBytes: CAP }, blobs, seed, reads, ...kill };
}

/** Nothing is under way, and all of it is within the cap. */
async function expectTidy(): Promise<void> {
  expect(await cacheBytes(folder)).toBeLessThanOrEqual(CAP);
  expect((await cacheFiles(folder)).filter(({ path }) => path.startsWith("incoming"))).toEqual([]);
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
}

describe("a cache that is too small for what is read", () => {
  it("serves several processes at once", async () => {
    const ends = await Promise.all([1, 2, 3].map((seed) => child.run(task(seed, 80))));
    for (const { output } of ends) expect(JSON.parse(output)).toEqual({ wrong: 0, warnings: [] });
    await expectTidy();
    expect(await cacheFiles(folder)).not.toEqual([]);
  });

  it("is used on after processes were killed", async () => {
    const seed = randomInt(2 ** 31);
    const kill = async (i: number) => {
      const { killed } = await child.run(task(seed + i, 10_000, 5 + ((i * 37) % 120)));
      expect(killed, `seed ${seed}`).toBe(true);
      expect(await cacheBytes(folder), `seed ${seed}`).toBeLessThanOrEqual(CAP);
    };
    for (let i = 0; i < 6; i += 2) await Promise.all([kill(i), kill(i + 1)]);
    const { output } = await child.run(task(seed, 60));
    expect(JSON.parse(output), `seed ${seed}`).toEqual({ wrong: 0, warnings: [] });
    await expectTidy();
  });
});

it("a disk that takes no more does not stop reads, and is told once", async () => {
  // The system ends each file of the process at 64 KiB.
  const command = 'ulimit -f 128; exec "$0" "$@"';
  const args = ["-c", command, process.execPath, child.script, JSON.stringify(task(1, 40))];
  const { stdout } = await promisify(execFile)("sh", args);
  const { wrong, warnings } = JSON.parse(stdout) as ReadingReport;
  expect(wrong).toBe(0);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`the cache ${folder} cannot be written (EFBIG)`);
  await expectTidy();
});
