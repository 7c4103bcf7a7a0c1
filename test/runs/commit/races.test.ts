import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/index.js";
import { isLodeError } from "../../../src/errors.js";
import { RunStore } from "../../../src/runs/index.js";
import { memoryPlace } from "../../checkpoints/places.js";
import { NO_ENV, prepare } from "./commit-jobs.js";
import { Shuffling } from "./shuffling-layer.js";

/** What one writer does in one save. */
const save = fc.record({
  params: fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 9 }), {
    maxKeys: 2,
  }),
  project: fc.option(fc.constantFrom("p", "q"), { nil: undefined, freq: 1 }),
  view: fc.option(fc.constantFrom("by_date", "flat", "{project}/{status}"), { nil: undefined }),
  drop: fc.boolean(),
});
type Save = typeof save extends fc.Arbitrary<infer T> ? T : never;

/** The saves that went through; the others were told that they did not. */
async function write(store: RunStore, saves: readonly Save[]): Promise<Save[]> {
  const done: Save[] = [];
  for (const { params, project, view, drop } of saves) {
    const run = await store.getRun("old");
    Object.assign(run.params, params);
    if (project !== undefined) run.project = project;
    if (view !== undefined && !run.storageModes.includes(view)) run.storageModes.push(view);
    if (drop) run.storageModes = run.storageModes.filter((mode) => mode !== "by_project");
    try {
      await store.saveManifest(run);
      done.push({ params, project, view, drop });
    } catch (error) {
      if (!isLodeError(error, "precondition-failed")) throw error;
    }
  }
  return done;
}

describe("writers that race for one run", () => {
  it("lose no change that was told to be saved, and leave views as the run says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.array(save, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
        async (seed, writers) => {
          const place = await memoryPlace();
          await prepare(await place.open());
          const shuffling = new Shuffling(seededRandom(seed));
          const mending = await RunStore.open(await place.open(shuffling.lane()), NO_ENV);
          const mended = mending.views.rebuild();
          const done = await Promise.all(
            writers.map(async (saves) =>
              write(await RunStore.open(await place.open(shuffling.lane()), NO_ENV), saves),
            ),
          );
          await mended;
          shuffling.end();
          const store = await RunStore.open(await place.open(), NO_ENV);
          const history = [];
          for await (const revision of store.revisions("old")) history.unshift(revision);
          expect(history.map(({ revision }) => revision)).toEqual(
            history.map((_, index) => index + 1),
          );
          const newest = history.at(-1)!;
          for (const { params, project, view } of done.flat()) {
            // Whoever set the same key later had read this value, or was told of the conflict.
            const other = done.flat().filter((one) => one.params !== params);
            for (const [key, value] of Object.entries(params)) {
              expect(history.some((revision) => revision.params[key] === value)).toBe(true);
              if (other.every((one) => !Object.hasOwn(one.params, key)))
                expect(newest.params[key]).toBe(value);
            }
            if (project !== undefined)
              expect(history.some((one) => one.project === project)).toBe(true);
            if (view !== undefined) expect(newest.storageModes).toContain(view);
          }
          const dropped = done.flat().some(({ drop }) => drop);
          expect(newest.storageModes.includes("by_project")).toBe(!dropped);
          const { written, deleted } = await store.views.rebuild({ dryRun: true });
          expect({ written, deleted }).toEqual({ written: [], deleted: [] });
          await place.drop();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("make a new run of one id once", async () => {
    const place = await memoryPlace();
    const shuffling = new Shuffling(seededRandom(5));
    const outcomes = await Promise.allSettled(
      ["a", "b", "c"].map(async (writer) => {
        const store = await RunStore.open(await place.open(shuffling.lane()), NO_ENV);
        const run = await store.createRun({ runId: "one", tags: { writer } });
        await store.saveManifest(run);
        return writer;
      }),
    );
    shuffling.end();
    const won = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const lost = outcomes.flatMap((one) =>
      one.status === "rejected" ? [one.reason as unknown] : [],
    );
    expect(won).toHaveLength(1);
    for (const error of lost) expect(isLodeError(error, "already-exists")).toBe(true);
    const store = await RunStore.open(await place.open(), NO_ENV);
    expect((await store.getRun("one")).tags).toEqual({ writer: won[0] });
    await place.drop();
  });

  it("tell the keys that both changed, and change nothing", async () => {
    const place = await memoryPlace();
    await prepare(await place.open());
    const store = await RunStore.open(await place.open(), NO_ENV);
    const [one, two] = [await store.getRun("old"), await store.getRun("old")];
    one.params.lr = 1;
    one.status = "finished";
    two.params.lr = 2;
    two.status = "failed";
    two.tags.kept = "no";
    await store.saveManifest(one);
    await expect(store.saveManifest(two)).rejects.toMatchObject({
      code: "precondition-failed",
      message: expect.stringContaining("status, params.lr") as string,
      details: { conflicts: ["status", "params.lr"], revision: 2 },
    });
    const now = await store.getRun("old");
    expect([now.revision, now.params.lr, now.tags]).toEqual([2, 1, {}]);
    await store.close();
    await place.drop();
  });
});
