import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Findings } from "./findings.js";
import { bytesBelow, DATA, type Keeper } from "./keeper.js";
import { measure } from "./measure.js";
import { CACHE } from "./neutral-server.js";
import { emptyFolder, expectFile, expectSameTree } from "./output-checks.js";
import { chunksOfNewPacks, ownKeepers } from "./own-keepers.js";
import { peerKeepers } from "./peer-keepers.js";
import type { Contender } from "./rounds.js";
import type { Bench, Row } from "./rows.js";
import { SMALL_FILE, writeTree, writeVersions } from "./run-inputs.js";
import type { RunPeers } from "./run-peers.js";

const MIB = 2 ** 20;
const MOST_NEW_CHUNKS = 2;
const CHANGED_FILE = join("000", "0000500");

/** What the rows of one bench share. */
interface Shared {
  readonly bench: Bench;
  readonly peers: RunPeers;
  readonly tool: string;
  /** Where restored data goes. */
  readonly target: string;
}

/** Row 12: versions of a large file and of a folder of small ones, each stored once more, each restored and compared. */
export function runRows(bench: Bench, peers: RunPeers, tool: string, files: number): Row[] {
  const target = join(bench.memory, "restored");
  const shared = { bench, peers, tool, target };
  const [original, edited] = writeVersions(bench);
  const tree = writeTree(bench, files);
  const memory = join(bench.memory, "runs");
  const disk = join(CACHE, "runs");
  return [
    firstRow(shared, "memory", memory, original),
    firstRow(shared, "disk", disk, original),
    editedRow(shared, "memory", memory, original, edited),
    editedRow(shared, "disk", disk, original, edited),
    ...treeRows(shared, memory, tree, files),
  ];
}

function firstRow(
  { bench, peers, target }: Shared,
  where: string,
  parent: string,
  original: string,
): Row {
  const added = new Findings("bytes added");
  const contenders = keepers(parent, peers, false).map(
    (keeper): Contender => ({
      name: keeper.name,
      program: keeper.store(original),
      prepare() {
        keeper.begin();
        keeper.place(original);
      },
      async check() {
        added.tell(keeper.name, bytesBelow(keeper.repository));
        await expectRestored(keeper, target, original);
        keeper.clear();
      },
    }),
  );
  return {
    number: 12,
    title: `${bench.bigSize / MIB} MiB into an empty repository, ${where}`,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders,
    targets: TARGETS,
    ownSeconds: true,
    notes: () => added.lines(),
  };
}

function editedRow(
  { bench, peers, tool, target }: Shared,
  where: string,
  parent: string,
  original: string,
  edited: string,
): Row {
  const added = new Findings("bytes added");
  const chunks = new Findings("new chunks");
  let before = 0;
  const contenders = keepers(parent, peers, false).map(
    (keeper): Contender => ({
      name: keeper.name,
      program: keeper.store(edited),
      async prepare() {
        keeper.begin();
        keeper.place(original);
        await measure(tool, keeper.store(original));
        before = bytesBelow(keeper.repository);
        keeper.place(edited);
      },
      async check() {
        added.tell(keeper.name, bytesBelow(keeper.repository) - before);
        const found = chunksOfNewPacks(keeper.repository);
        if (found !== undefined) chunks.tell(keeper.name, found);
        await expectRestored(keeper, target, edited);
        keeper.clear();
      },
    }),
  );
  return {
    number: 12,
    title: `the same file with 17 bytes inserted at a third, ${where}`,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders,
    targets: TARGETS,
    ownSeconds: true,
    notes: () => [...added.lines(), ...chunks.lines(MOST_NEW_CHUNKS)],
  };
}

/** First, again, and with one file changed; the repositories of the first row serve the others. */
function treeRows(
  { peers, tool, target }: Shared,
  parent: string,
  tree: string,
  files: number,
): Row[] {
  const all = keepers(parent, peers, true);
  const filled = new Set<Keeper>();
  let before = 0;
  let changes = 0;

  const fill = async (keeper: Keeper) => {
    if (filled.has(keeper)) return;
    keeper.begin();
    keeper.place(tree);
    await measure(tool, keeper.store(tree));
    filled.add(keeper);
  };
  const row = (title: string, prepare: (keeper: Keeper) => Promise<void>): Row => {
    const added = new Findings("bytes added");
    const contenders = all.map(
      (keeper): Contender => ({
        name: keeper.name,
        program: keeper.store(tree),
        async prepare() {
          await prepare(keeper);
          before = bytesBelow(keeper.repository);
        },
        async check() {
          added.tell(keeper.name, bytesBelow(keeper.repository) - before);
          filled.add(keeper);
          emptyFolder(target);
          expectSameTree(keeper.restore(target), join(tree, DATA));
          emptyFolder(target);
        },
      }),
    );
    return {
      number: 12,
      title: `${files} files of ${SMALL_FILE} bytes${title}, memory`,
      unit: { amount: files, name: "files" },
      contenders,
      targets: [],
      ownSeconds: true,
      notes: () => added.lines(),
    };
  };
  return [
    row(" into an empty repository", async (keeper) => {
      filled.delete(keeper);
      keeper.begin();
      keeper.place(tree);
    }),
    row(" again, unchanged", fill),
    row(" again, one changed", async (keeper) => {
      await fill(keeper);
      const content = `${changes++} `.padEnd(SMALL_FILE, "changed ");
      writeFileSync(join(tree, DATA, CHANGED_FILE), content);
      keeper.place(tree, CHANGED_FILE);
    }),
  ];
}

const TARGETS: Row["targets"] = [
  { against: "restic", speed: 2 },
  { against: "restic, defaults", speed: 2 },
];

/** A stat cache is of folders alone. */
function keepers(parent: string, peers: RunPeers, ofFolders: boolean): Keeper[] {
  const own = ownKeepers(parent).filter(({ name }) => ofFolders || !name.endsWith("stat cache"));
  return [...own, ...peerKeepers(parent, peers)];
}

async function expectRestored(keeper: Keeper, target: string, source: string): Promise<void> {
  emptyFolder(target);
  await expectFile(keeper.restore(target), join(source, DATA));
  emptyFolder(target);
}
