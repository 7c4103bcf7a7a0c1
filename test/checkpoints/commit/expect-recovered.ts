import { expect } from "vitest";
import type { Checkpoint } from "../../../src/checkpoints/checkpoint.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { keysOf, uploadsOf } from "../places.js";
import { KILLED, NEXT, OLD, openJob, shardsOf } from "./crash-job.js";

export async function saveOld(store: ObjectStore): Promise<void> {
  await openJob(store).save({ step: OLD, id: "old", shards: shardsOf(OLD, store) });
}

/**
 * After a crash: the old checkpoint or the new one is there and sound, a prune leaves exactly what
 * checkpoints need, and the next save works. Tells whether the killed one was committed.
 */
export async function expectRecovered(store: ObjectStore, at: string): Promise<boolean> {
  const checkpoints = openJob(store);
  const latest = await checkpoints.loadLatest();
  expect([OLD, KILLED], at).toContain(latest?.step);
  await expectSound(store, latest!, at);
  await prune(store, at);
  // Killed between publishing an object and forgetting its upload, a folder shows the upload again as
  // soon as the object is deleted: the next prune takes it.
  if (store.uri.startsWith("file:")) await prune(store, at);
  await expectNothingElse(store, at);
  expect(String(await checkpoints.loadLatest()), at).toBe(String(latest));
  await checkpoints.save({ step: NEXT, id: "next", shards: shardsOf(NEXT, store) });
  const next = await checkpoints.loadLatest();
  expect(next?.step, at).toBe(NEXT);
  await expectSound(store, next!, at);
  await expectNothingElse(store, at);
  return (await checkpoints.list()).some(({ name }) => name.step === KILLED);
}

async function prune(store: ObjectStore, at: string): Promise<void> {
  const { failures } = await openJob(store).prune({ orphanAge: 0 });
  expect(failures, at).toEqual([]);
}

async function expectSound(store: ObjectStore, checkpoint: Checkpoint, at: string): Promise<void> {
  const expected = shardsOf(checkpoint.step, store);
  const shards = await checkpoint.readShards();
  expect(shards.length, at).toBe(expected.length);
  for (const [rank, bytes] of shards.entries()) {
    expect(Buffer.from(bytes).equals(expected[rank]!), `${at}, rank ${rank}`).toBe(true);
  }
}

/** Every object is one that a checkpoint needs. */
async function expectNothingElse(store: ObjectStore, at: string): Promise<void> {
  const checkpoints = openJob(store);
  const needed = ["latest.json"];
  for (const { name } of await checkpoints.list()) {
    const { manifest } = await checkpoints.load(name);
    needed.push(`manifests/ckpt-${name.step}-${name.id}.json`);
    needed.push(...manifest.shards.map(({ key }) => key));
  }
  expect(await keysOf(store), at).toEqual(needed.sort());
  expect(await uploadsOf(store), at).toEqual([]);
}
