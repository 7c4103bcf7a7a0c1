import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BlobStore, collectGarbage, type Finding, isDamage } from "../../../src/cas/index.js";
import { memoryPlace, randomBytes } from "../blobs/places.js";
import { findings, OPTIONS, stock } from "./stocked.js";

const KIB = 1024;
/** So many blobs are collected meanwhile. */
const DELETED = 60;

describe("a look at a store that is written to and collected", () => {
  it("tells of no damage, for there is none", async () => {
    const place = memoryPlace();
    const store = await place.open();
    await stock(store);
    // What decompresses is loaded by then.
    expect(await findings(store, { mode: "full" })).toEqual([]);
    let isOver = false;
    let deleted = 0;

    /** Stores blobs that share half of their chunks, and drops their refs again. */
    async function write(worker: number): Promise<void> {
      const shared = randomBytes(60 * KIB, worker);
      for (let round = 0; !isOver; round++) {
        await setTimeout(10);
        await using session = await BlobStore.open(store, OPTIONS).session();
        const owner = `${worker} ${round}`;
        const bytes = Buffer.concat([shared, randomBytes(60 * KIB, round)]);
        const digest = `bytes-v1:${round.toString(16).padStart(64, "0")}`;
        const description = { name: owner, type: "bytes", format: "bin" };
        const chunked = await session.put(bytes, { ...description, digest });
        const whole = await session.put(randomBytes(100, round), description);
        const tree = await session.put(Buffer.from(owner), {
          ...description,
          links: [chunked.id, whole.id],
        });
        await session.addRef({ blob: tree.id, kind: "runs", owner });
        await session.confirm();
        await session.close();
        const { id } = tree;
        if (round % 2 === 0) {
          await store.delete(`refs/${id.slice(0, 2)}/${id}/runs/${owner.replace(" ", "%20")}`);
        }
      }
    }

    async function collect(): Promise<void> {
      while (!isOver) {
        const report = await collectGarbage(store, { grace: 0, restoreWindow: 0 });
        deleted += report.deleted.blobs;
        await setTimeout(5);
      }
    }

    const damages: Finding[] = [];
    async function look(): Promise<void> {
      try {
        for (let i = 0; deleted < DELETED; i++) {
          // Memory alone would let no timer through.
          await setTimeout(1);
          const mode = i % 2 === 0 ? "full" : "quick";
          for await (const finding of BlobStore.open(store).verify({ mode })) {
            if (isDamage(finding)) damages.push(finding);
          }
        }
      } finally {
        isOver = true;
      }
    }

    await Promise.all([write(1), write(2), collect(), look()]);
    expect(damages).toEqual([]);
    await place.drop();
  });
});
