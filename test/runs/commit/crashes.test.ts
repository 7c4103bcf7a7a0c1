import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import { RunStore } from "../../../src/runs/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { stopping } from "../../checkpoints/commit/stopping-layer.js";
import { diskPlace, memoryPlace } from "../../checkpoints/places.js";
import { expectMendable, JOBS, NO_ENV, prepare } from "./commit-jobs.js";

const PLACES = { mem: memoryPlace, file: () => diskPlace("file") };
const MOMENTS = ["before", "after"] as const;
/** On disk, which each call waits for, one job and every fifth of its calls stand for all. */
const CASES = [
  ...Object.keys(JOBS).flatMap((job) =>
    MOMENTS.map((when) => ({ place: "mem", job, when, every: 1 }) as const),
  ),
  { place: "file", job: "a change", when: "after", every: 5 } as const,
];
/** Each in a place of its own. */
const AT_A_TIME = 4;

/** Tries each call in turn, until there is none of that number; how many went wrong. */
async function eachCall(
  every: number,
  attempt: (call: number) => Promise<boolean>,
): Promise<number> {
  let next = 0;
  let wrong = 0;
  let ended = false;
  const worker = async (): Promise<void> => {
    while (!ended) {
      if (await attempt(1 + every * next++)) wrong++;
      else ended = true;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return wrong;
}

describe.each(CASES)(
  "$job on $place that goes wrong $when the effect of its n-th call",
  ({ place, job, when, every }) => {
    const { run, isDone } = JOBS[job]!;

    it("is done or not done, where the process ends there", async () => {
      const stops = await eachCall(every, async (call) => {
        const at = `${job}, ended ${when} call ${call}`;
        const where = await PLACES[place]();
        try {
          await prepare(await where.open());
          const stopped = await new Promise<boolean>((resolve, reject) => {
            const layer = stopping({ call, when }, (settled) => settled.then(() => resolve(true)));
            where
              .open(layer)
              .then((objects) => RunStore.open(objects, NO_ENV))
              .then((store) => run(store))
              .then(() => resolve(false), reject);
          });
          const done = await isDone(await RunStore.open(await where.open(), NO_ENV));
          if (!stopped) expect(done, at).toBe(true);
          await expectMendable(await where.open(), at);
          return stopped;
        } finally {
          await where.drop();
        }
      });
      expect(stops).toBeGreaterThan(3);
    });

    it("tells whether it is done, where the call fails", async () => {
      const failures = await eachCall(every, async (call) => {
        const at = `${job}, failed ${when} call ${call}`;
        const where = await PLACES[place]();
        try {
          await prepare(await where.open());
          let made = 0;
          const script = () => {
            made++;
            return made === call
              ? ({ kind: "error", when, error: { code: "connection", retry: "never" } } as const)
              : undefined;
          };
          const store = await RunStore.open(await where.open(fault({ script })), NO_ENV);
          const error: unknown = await run(store).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          const done = await isDone(await RunStore.open(await where.open(), NO_ENV));
          if (error === undefined) expect(done, at).toBe(true);
          else {
            expect(isLodeError(error), `${at}: ${String(error)}`).toBe(true);
            const { committed } = (error as { details: { committed?: unknown } }).details;
            if (committed !== "unknown")
              expect(done, `${at}: ${String(error)}`).toBe(committed === true);
          }
          await expectMendable(await where.open(), at);
          return made >= call;
        } finally {
          await where.drop();
        }
      });
      expect(failures).toBeGreaterThan(3);
    });
  },
);
