import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Layer } from "../../../src/storage/backend.js";
import { throwIfFailed, transferObject } from "../../../src/storage/transfer/index.js";
import { noise, pendingOf, run } from "../../storage/transfer/stores.js";
import { killChildAfter } from "./child-process.js";
import { type Place, ROUTES } from "./places.js";

const MIB = 1 << 20;
const PART = 5 * MIB;
const PARTS = 12;
const SIZE = (PARTS - 1) * PART + 123;

let stateDir: string;
const places: Place[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "transfer-state-"));
});

afterEach(async () => {
  await rm(stateDir, { recursive: true });
  for (const place of places.splice(0)) await place.drop();
});

async function made(make: () => Promise<Place>): Promise<Place> {
  const place = await make();
  places.push(place);
  return place;
}

/** Notes the number of every part that is sent. */
function notingParts(sent: number[]): Layer {
  return (inner) =>
    new Proxy(inner, {
      get(backend, name) {
        const value: unknown = Reflect.get(backend, name, backend);
        if (typeof value !== "function") return value;
        if (name !== "startMultipart" && name !== "resumeMultipart") return value.bind(backend);
        return async (...args: unknown[]) => {
          const upload = await value.apply(backend, args);
          const putPart = upload.putPart.bind(upload);
          upload.putPart = (number: number, ...rest: unknown[]) => {
            sent.push(number);
            return putPart(number, ...rest);
          };
          return upload;
        };
      },
    });
}

describe.each(ROUTES)("a transfer $name killed with -9", ({ from: makeSource, to: makeTarget }) => {
  async function interrupted(afterParts: number) {
    const source = await made(makeSource);
    const target = await made(makeTarget);
    await source.store.put("big", noise(SIZE));
    const options = { partSize: PART, multipartThreshold: PART, partConcurrency: 2, stateDir };
    const noted = await killChildAfter(
      { source, target, key: "big", options, partDelay: 40 },
      afterParts,
    );
    expect(noted).toBeLessThan(PARTS);
    expect(await target.store.exists("big")).toBe(false);
    const sent: number[] = [];
    const counted = await target.open(notingParts(sent));
    const again = () =>
      run(
        transferObject({
          source: { store: source.store, key: "big" },
          target: { store: counted, key: "big" },
          ...options,
        }),
      );
    return { source, target, noted, sent, again };
  }

  it.each([1, 5])("goes on after %i parts, sending none of them again", async (afterParts) => {
    const { target, noted, sent, again } = await interrupted(afterParts);
    const { summary, items } = await again();
    throwIfFailed(summary);
    // The target may have taken one that the journal had not noted yet.
    expect(sent.length).toBeLessThanOrEqual(PARTS - noted);
    expect(sent.length).toBeGreaterThan(0);
    expect(new Set(sent).size).toBe(sent.length);
    expect(items[0]?.resumedBytes).toBeGreaterThanOrEqual((noted - 1) * PART);
    expect(summary.bytes + summary.resumedBytes).toBe(SIZE);
    expect(Buffer.from(await target.store.bytes("big")).equals(noise(SIZE))).toBe(true);
    expect(await pendingOf(target.store)).toEqual([]);
    expect(await readdir(stateDir)).toEqual([]);
    await expectOnly(target, "big");
  });

  it("begins anew if the source has changed", async () => {
    const { source, target, sent, again } = await interrupted(3);
    await source.store.put("big", noise(SIZE, 2));
    const { summary, warnings } = await again();
    throwIfFailed(summary);
    expect(warnings.map(({ code }) => code)).toEqual(["source-changed"]);
    expect(sent.length).toBe(PARTS);
    expect(Buffer.from(await target.store.bytes("big")).equals(noise(SIZE, 2))).toBe(true);
    expect(await pendingOf(target.store)).toEqual([]);
    await expectOnly(target, "big");
  });
});

/** On disk too: no temporary file is left. */
async function expectOnly(place: Place, key: string): Promise<void> {
  if (!place.uri.startsWith("file://")) return;
  expect(await readdir(place.uri.slice("file://".length))).toEqual([key]);
}

describe.each(ROUTES)(
  "a transfer $name that is aborted",
  ({ from: makeSource, to: makeTarget }) => {
    it("leaves nothing", async () => {
      const source = await made(makeSource);
      const target = await made(makeTarget);
      await source.store.put("big", noise(SIZE));
      const controller = new AbortController();
      const sent: number[] = [];
      const counted = await target.open(notingParts(sent));
      const events = transferObject({
        source: { store: source.store, key: "big" },
        target: { store: counted, key: "big" },
        partSize: PART,
        multipartThreshold: PART,
        partConcurrency: 2,
        progressInterval: 0,
        stateDir,
        signal: controller.signal,
      });
      let thrown: unknown;
      try {
        for await (const event of events) {
          if (event.type === "progress" && event.bytes >= 3 * PART) controller.abort();
        }
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: "aborted" });
      expect(sent.length).toBeLessThan(PARTS);
      expect(await target.store.exists("big")).toBe(false);
      expect(await pendingOf(target.store)).toEqual([]);
      expect(await readdir(stateDir)).toEqual([]);
      if (target.uri.startsWith("file://")) {
        expect(await readdir(target.uri.slice("file://".length))).toEqual([]);
      }
    });
  },
);
