import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BlobId, BlobStore } from "../../../src/cas/index.js";
import { isLodeError } from "../../../src/errors.js";
import type { Layer } from "../../../src/storage/backend.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { stopping } from "../../checkpoints/commit/stopping-layer.js";
import {
  diskPlace,
  memoryPlace,
  type Place,
  putOne,
  randomBytes,
  same,
  sha256,
  streamed,
  textBytes,
} from "./places.js";

const KIB = 1024;
const OPTIONS = { chunkAbove: 16 * KIB };
const OLD = randomBytes(30 * KIB, 1);
const SMALL = randomBytes(500, 2);
const LARGE = Buffer.concat([OLD, textBytes(40 * KIB, 3)]);
const OTHER = randomBytes(20 * KIB, 4);
const DIGEST = `bytes-v1:${"cd".repeat(32)}`;
const BYTES = { name: "one", type: "bytes", format: "bin" };

/** A session with all that it does; `done` learns of each blob that it was told is durable. */
async function job(store: ObjectStore, done: Set<BlobId>): Promise<void> {
  await using session = await BlobStore.open(store, OPTIONS).session();
  const small = await session.put(SMALL, { ...BYTES, digest: DIGEST });
  done.add(small.id);
  const puts = await Promise.allSettled([
    session.put(streamed(LARGE), { ...BYTES, links: [small.id] }),
    session.put(OTHER, BYTES),
  ]);
  for (const put of puts) if (put.status === "fulfilled") done.add(put.value.id);
  for (const put of puts) if (put.status === "rejected") throw put.reason;
  await session.addRef({ blob: sha256(LARGE), kind: "runs", owner: "run" });
  await session.confirm();
}

/** What is there is right, what was told to be durable is there, and all of it can be stored again. */
async function expectSound(store: ObjectStore, done: Set<BlobId>, at: string): Promise<void> {
  const blobs = BlobStore.open(store, OPTIONS);
  expect(same(await blobs.bytes(sha256(OLD)), OLD), at).toBe(true);
  for (const bytes of [SMALL, LARGE, OTHER]) {
    const id = sha256(bytes);
    const facts = await blobs.find(id);
    if (done.has(id)) expect(facts, at).toBeDefined();
    if (facts === undefined) continue;
    expect(same(await blobs.bytes(id), bytes), at).toBe(true);
    expect(await blobs.metadata(id), at).toMatchObject({ hash: id, size: bytes.length });
    if (bytes === LARGE) expect(await blobs.links(id), at).toEqual([sha256(SMALL)]);
  }
  const again = new Set<BlobId>();
  await job(store, again);
  expect(again.size, at).toBe(3);
  expect((await blobs.findDigest(DIGEST))?.id, at).toBe(sha256(SMALL));
  for (const bytes of [SMALL, LARGE, OTHER]) {
    expect(same(await blobs.bytes(sha256(bytes)), bytes), at).toBe(true);
  }
}

type Moment = "before" | "after";

describe.each([
  ["memory", async () => memoryPlace(), ["before", "after"], ["before", "after"]],
  ["file", diskPlace, ["after"], ["before"]],
] as [string, () => Promise<Place>, Moment[], Moment[]][])(
  "a session on %s",
  (_, makePlace, stops, fails) => {
    let place: Place;

    beforeAll(async () => {
      place = await makePlace();
    });

    afterAll(() => place.drop());

    /** Runs `attempt` for call 1, 2, … until it tells that there was no such call. */
    async function eachCall(
      name: string,
      attempt: (call: number, folder: string, at: string) => Promise<boolean>,
    ): Promise<number> {
      for (let call = 1; ; call++) {
        const folder = `${name}-${call}`;
        await putOne((await place.open()).sub(folder), OLD, OPTIONS);
        const met = await attempt(call, folder, `${name} call ${call}`);
        if (!met) return call - 1;
      }
    }

    it.each(stops)("that stops %s its n-th call loses nothing", async (when) => {
      const calls = await eachCall(`stop-${when}`, async (call, folder, at) => {
        const done = new Set<BlobId>();
        const stopped = await new Promise<boolean>((resolve, reject) => {
          const layer = stopping({ call, when }, (settled) => settled.then(() => resolve(true)));
          place
            .open()
            .then((store) => job(store.sub(folder).with(layer), done))
            .then(() => resolve(false), reject);
        });
        await expectSound((await place.open()).sub(folder), done, at);
        return stopped;
      });
      expect(calls).toBeGreaterThan(18);
    });

    it.each(fails)(
      "whose n-th call fails %s its effect says so and loses nothing",
      async (when) => {
        let failures = 0;
        const calls = await eachCall(`fail-${when}`, async (call, folder, at) => {
          let met = false;
          const layer: Layer = fault({
            script: ({ number }) => {
              if (number !== call) return undefined;
              met = true;
              return { kind: "error", when, error: { code: "permission-denied", retry: "never" } };
            },
          });
          const done = new Set<BlobId>();
          const store = (await place.open()).sub(folder);
          const failure = await job(store.with(layer), done).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (failure === undefined) expect(done.size, at).toBe(3);
          else {
            failures++;
            expect(isLodeError(failure, "permission-denied"), `${at}: ${failure}`).toBe(true);
          }
          await expectSound(store, done, at);
          return met;
        });
        expect(calls).toBeGreaterThan(18);
        expect(failures).toBeGreaterThan(15);
      },
    );
  },
);
