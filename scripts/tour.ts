import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  deleteTree,
  finishTransfer,
  type ObjectStore,
  openStore,
  type SummaryEvent,
  syncTree,
  transferTree,
} from "lodestore";

/**
 * The main job on the embedded defaults: this repository's own files go into a store on the local
 * disk, are listed, looked at, read, copied, verified and deleted. Needs no server and no settings.
 */
const repository = resolve(import.meta.dirname, "..");
const folder = await mkdtemp(join(tmpdir(), "lodestore-tour-"));

function say(step: string, what: string): void {
  console.log(`${step.padEnd(8)} ${what}`);
}

function rate({ copied, deleted, bytes, seconds }: SummaryEvent): string {
  const objects = copied + deleted;
  const perSecond = `${Math.round(objects / seconds).toLocaleString("en")} objects/s`;
  return `${seconds.toFixed(2)} s, ${perSecond}, ${byteRate(bytes / seconds)}`;
}

/** Three digits that say something, for many small files as for few large ones. */
function byteRate(perSecond: number): string {
  const [unit, size] = perSecond < 1e6 ? ["kB/s", 1e3] : ["MB/s", 1e6];
  const value = perSecond / size;
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
}

async function countObjects(store: ObjectStore): Promise<{ objects: number; bytes: number }> {
  let objects = 0;
  let bytes = 0;
  for await (const { size } of store.list()) {
    objects++;
    bytes += size;
  }
  return { objects, bytes };
}

try {
  const files = await openStore(`file://${repository}`);
  const lake = await openStore(`file://${folder}/lake`);

  const upload = await finishTransfer(
    transferTree({
      source: { store: files },
      target: { store: lake },
      include: ["{src,test,docs,bench,scripts}/**", "*.{md,json}"],
      exclude: ["**/node_modules/**"],
    }),
  );
  say("upload", `${upload.copied} files of this repository to ${lake.uri}`);
  say("", rate(upload));

  const { objects, bytes } = await countObjects(lake);
  say("list", `${objects} objects, ${bytes.toLocaleString("en")} bytes`);

  const meta = await lake.head("README.md");
  say("stat", `README.md: ${meta.size} bytes, etag ${meta.etag}`);

  const start = await lake.bytes("README.md", { range: { start: 0, end: 11 } });
  say("read", `its bytes 0 to 11: ${JSON.stringify(new TextDecoder().decode(start))}`);

  const copy = await openStore(`file://${folder}/copy`);
  const copied = await finishTransfer(
    transferTree({ source: { store: lake }, target: { store: copy }, verify: "read-back" }),
  );
  say("copy", `${copied.copied} objects to ${copy.uri}, each read back`);
  say("", rate(copied));

  const verified = await finishTransfer(
    syncTree({ source: { store: lake }, target: { store: copy }, compare: "checksum" }),
  );
  say("verify", `${verified.skipped} objects have the same checksum, ${verified.copied} differ`);

  const deleted = await finishTransfer(deleteTree({ target: { store: lake } }));
  say("delete", `${deleted.deleted} objects; ${(await countObjects(lake)).objects} are left`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
