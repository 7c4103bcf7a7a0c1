import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/index.js";
import { type ChildProgram, childProgram } from "../../processes/child-program.js";
import { eachCall } from "../../processes/each-call.js";
import type { ChildTask } from "./crash-child.js";
import { type CrashJob, UNSYNCED } from "./crash-job.js";
import { expectRecovered, saveOld } from "./expect-recovered.js";

/** A place that a child process can open too. */
export interface KillPlace {
  readonly uri: string;
  readonly env: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}

/** A process that is killed with -9 before each `stride`-th call of its save, from the first on. */
export function describeKills(
  name: string,
  makePlace: () => Promise<KillPlace>,
  { stride }: { readonly stride: number },
): void {
  describe(`a save on ${name} killed with -9 before its n-th call`, () => {
    let place: KillPlace;
    let program: ChildProgram<ChildTask>;

    beforeAll(async () => {
      place = await makePlace();
      program = await childProgram("test/checkpoints/commit/crash-child.ts");
    });

    afterAll(async () => {
      await program.drop();
      await place.drop();
    });

    /** True if the child was killed, false if it came to its end. */
    async function killed(job: CrashJob, call: number): Promise<boolean> {
      const { env } = place;
      const uri = `${place.uri}/${job}-${call}`;
      const store = await openStore(uri, { env, file: UNSYNCED });
      await saveOld(store);
      const end = await program.run({ uri, env, job, point: { call, when: "before" } });
      const at = `${job} killed before call ${call}`;
      const committed = await expectRecovered(store, at);
      if (!end.killed) expect({ committed, output: end.output }, at).toEqual(SAVED);
      await store.close();
      return end.killed;
    }

    it.each(["save", "ranks"] as const)(
      "%s: the old checkpoint or the new one is there, and a prune cleans up",
      async (job) => {
        const kills = await eachCall(stride, (call) => killed(job, call));
        expect(kills * stride).toBeGreaterThan(8);
      },
      120_000,
    );
  });
}

const SAVED = { committed: true, output: "saved\n" };
