import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../../src/cas/index.js";
import { type Run, RunStore } from "../../../src/runs/index.js";
import { keysOf, memoryPlace } from "../../checkpoints/places.js";

const HEAD = "heads/a.json";
const COPY = "manifests/a.json";
const T0 = Date.UTC(2026, 0, 1);
let runs: RunStore;
let drop: () => Promise<void>;
let now = T0;
const clock = {
  now: () => now++,
  sleep: async () => {},
};

beforeEach(async () => {
  const place = await memoryPlace();
  drop = place.drop;
  now = T0;
  runs = await RunStore.open(await place.open(), { env: {}, clock });
});

afterEach(async () => {
  await runs.close();
  await drop();
});

/** A run with a value, in so many revisions. */
async function saved(runId: string, revisions: number): Promise<Run> {
  const run = await runs.createRun({ runId, storageModes: ["flat"] });
  await runs.addRunOutput(run, "out", `of ${runId}`);
  for (let n = 1; n <= revisions; n++) {
    run.tags.n = String(n);
    await runs.saveManifest(run);
  }
  return run;
}

async function findings(): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of runs.verifyRuns()) found.push(finding);
  return found;
}

const revisionKeys = () => keysOf(runs.store, "manifests/a/");

describe("verifyRuns", () => {
  it("finds nothing where nothing is wrong, nor in a store that was moved", async () => {
    await saved("a", 3);
    await runs.deleteRun((await saved("deleted", 1)).id);
    expect(await findings()).toEqual([]);
    const text = await runs.store.text(COPY);
    await runs.store.put(COPY, text.replaceAll(runs.uri, "file:///elsewhere"));
    expect(await findings()).toEqual([]);
  });

  it("names what is damaged, and what is only behind", async () => {
    await saved("a", 2);
    await saved("b", 1);
    const [first = "", newest = ""] = await revisionKeys();
    const head = await runs.store.text(HEAD);
    const copy = await runs.store.text(COPY);
    const cases: [string, string, string | undefined, string][] = [
      ["corrupt", HEAD, head.replace('"revision": 2', '"revision": 1'), HEAD],
      ["corrupt", HEAD, head.replace('"version": 1', '"version": 9'), HEAD],
      ["corrupt", HEAD, await runs.store.text("heads/b.json"), HEAD],
      ["corrupt", newest, await runs.store.text(first), newest],
      ["missing", newest, undefined, newest],
      ["corrupt", COPY, copy.slice(1), COPY],
      ["orphan", COPY, copy.replace('"n": "2"', '"n": "1"'), COPY],
      ["orphan", COPY, undefined, COPY],
    ];
    for (const [kind, key, text, told] of cases) {
      const before = await runs.store.text(key);
      await (text === undefined ? runs.store.delete(key) : runs.store.put(key, text));
      expect(await findings(), key).toMatchObject([{ kind, key: told }]);
      await runs.store.put(key, before);
    }
  });

  it("leaves the head of a newer version alone", async () => {
    await saved("a", 1);
    const newer = '{\n  "version": 2,\n  "anything": []\n}\n';
    await runs.store.put(HEAD, newer);
    expect(await findings()).toMatchObject([{ kind: "leftover", advice: "update Lodestore" }]);
    expect(await runs.repairRuns()).toMatchObject({ repaired: [], left: [{ key: HEAD }] });
    expect(await runs.store.text(HEAD)).toBe(newer);
  });
});

describe("repairRuns", () => {
  it("writes any damaged head anew, and keeps what was there", async () => {
    await saved("a", 3);
    const right = await runs.store.bytes(HEAD);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(right.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, mask, cut) => {
          const damaged = cut ? right.slice(0, at) : Uint8Array.from(right);
          if (!cut) damaged[at]! ^= mask;
          await runs.store.put(HEAD, damaged);
          await expect(runs.getRun("a")).rejects.toMatchObject({
            message: expect.stringContaining("lode run verify --repair") as string,
          });
          const { repaired, left, sound } = await runs.repairRuns();
          expect({ left, sound }).toEqual({ left: [], sound: true });
          expect(repaired).toMatchObject([{ remedy: "rebuilt", finding: { key: HEAD } }]);
          expect(repaired[0]?.finding.reason).toContain("revision 3 is what it leads to");
          expect(await runs.store.bytes(HEAD)).toEqual(right);
          const [aside = "", ...others] = await keysOf(runs.store, "damaged/");
          expect(others).toEqual([]);
          expect(await runs.store.bytes(aside)).toEqual(damaged);
          await runs.store.delete(aside);
        },
      ),
      { numRuns: 60 },
    );
    expect((await runs.getRun("a")).tags).toEqual({ n: "3" });
  });

  it("takes the revision that the head still names, else the newest that can be read", async () => {
    await saved("a", 3);
    const [, second = "", third = ""] = await revisionKeys();
    const head = await runs.store.text(HEAD);
    const run = await runs.getRun("a");
    await runs.saveManifest(Object.assign(run, { project: "uncommitted" }));
    await runs.store.put(HEAD, head.replace('"version"', '"versiom"'));
    await runs.repairRuns();
    expect(await runs.store.text(HEAD)).toBe(head);

    await runs.store.put(HEAD, "");
    await runs.repairRuns();
    expect((await runs.getRun("a")).project).toBe("uncommitted");

    for (const key of (await revisionKeys()).filter((one) => one >= third)) {
      await runs.store.put(key, "damaged");
    }
    await runs.store.put(HEAD, "");
    await runs.repairRuns();
    expect((await runs.getRun("a")).saved?.head.head).toMatchObject({
      revision: 2,
      manifestSha256: expect.stringMatching(`^${second.slice(-13, -5)}`) as string,
    });
    expect((await runs.getRun("a")).tags).toEqual({ n: "2" });
    expect(await findings()).toEqual([]);
    expect(await runs.views.rebuild()).toMatchObject({ written: [], deleted: [] });
  });

  it("deletes a run only if the head that told so still names the revision", async () => {
    await saved("a", 1);
    await runs.deleteRun("a");
    const deleted = await runs.store.text(HEAD);
    await runs.store.put(HEAD, deleted.replace('"version"', '"versiom"'));
    await runs.repairRuns();
    expect(await runs.store.text(HEAD)).toBe(deleted);
    expect(await keysOf(runs.store, "runs/")).toEqual([]);
    await runs.store.put(HEAD, deleted.replace(/"manifest_sha256": "./, '"manifest_sha256": "-'));
    await runs.repairRuns();
    expect((await runs.getRun("a")).deletedAt).toBeNull();
    expect(await keysOf(runs.store, "runs/")).toEqual(["runs/all/a/run.json"]);
  });

  it("keeps the data of a run that was being removed for good", async () => {
    const { hash } = (await saved("a", 1)).outputs.out!;
    const [ref = ""] = await keysOf(runs.store, `refs/`);
    await runs.store.delete(ref);
    await runs.store.put(HEAD, "");
    await runs.repairRuns();
    expect(await keysOf(runs.store, `refs/`)).toEqual([ref]);
    expect(ref).toContain(hash);
  });

  it("leaves a head of which no revision is left, and tells in a dry run what it would do", async () => {
    await saved("a", 1);
    await saved("b", 1);
    for (const id of ["a", "b"]) await runs.store.put(`heads/${id}.json`, "");
    for (const key of await keysOf(runs.store, "manifests/b/")) await runs.store.delete(key);
    const planned = await runs.repairRuns({ dryRun: true });
    expect(planned).toMatchObject({
      repaired: [{ finding: { key: HEAD } }],
      left: [{ key: "heads/b.json" }],
      sound: false,
    });
    expect(await runs.store.text(HEAD)).toBe("");
    expect(await runs.repairRuns()).toEqual(planned);
  });
});
