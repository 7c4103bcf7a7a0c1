import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckpointPlace } from "../places.js";
import { type CrashJob, runJob } from "./crash-job.js";
import { expectRecovered, saveOld } from "./expect-recovered.js";
import { type StopPoint, stopping } from "./stopping-layer.js";

/** Each in a folder of its own, and mostly waiting for its server. */
const AT_A_TIME = 4;

/**
 * A save that stops at each of its calls, in turn: what it leaves is what a killed process leaves,
 * where no server or disk can tell the difference.
 */
export function describeCrashes(
  name: string,
  makePlace: () => Promise<CheckpointPlace>,
  { moments }: { readonly moments: readonly StopPoint["when"][] },
): void {
  describe(`a save on ${name} that never comes back from its n-th call`, () => {
    let place: CheckpointPlace;

    beforeAll(async () => {
      place = await makePlace();
    });

    afterAll(() => place.drop());

    async function crashed(job: CrashJob, point: StopPoint): Promise<boolean> {
      const folder = `${job}-${point.when}-${point.call}`;
      const store = (await place.open()).sub(folder);
      await saveOld(store);
      const stopped = await new Promise<boolean>((resolve, reject) => {
        const layer = stopping(point, (settled) => settled.then(() => resolve(true)));
        const open = async () => (await place.open()).sub(folder).with(layer);
        runJob(job, open).then(() => resolve(false), reject);
      });
      const at = `${job} stopped ${point.when} call ${point.call}`;
      const committed = await expectRecovered(store, at);
      if (!stopped) expect(committed, at).toBe(true);
      return stopped;
    }

    it.each(moments.flatMap((when) => [["save", when] as const, ["ranks", when] as const]))(
      "%s: stopped %s its effect",
      async (job, when) => {
        let next = 1;
        let stops = 0;
        let ended = false;
        const worker = async (): Promise<void> => {
          while (!ended) {
            if (await crashed(job, { call: next++, when })) stops++;
            else ended = true;
          }
        };
        await Promise.all(Array.from({ length: AT_A_TIME }, worker));
        expect(stops).toBeGreaterThan(8);
      },
    );
  });
}
