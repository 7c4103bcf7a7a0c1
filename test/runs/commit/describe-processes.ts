import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunStore } from "../../../src/runs/index.js";
import { openStore } from "../../../src/storage/index.js";
import type { KillPlace } from "../../checkpoints/commit/describe-kills.js";
import { type ChildProgram, childProgram } from "../../processes/child-program.js";
import { eachCall } from "../../processes/each-call.js";
import { expectMendable, prepare } from "./commit-jobs.js";
import type { ChildTask } from "./kill-child.js";
import { isThere, work } from "./kill-work.js";

/** Processes that are killed with -9 before each `stride`-th call, and processes that race. */
export function describeProcesses(
  name: string,
  makePlace: () => Promise<KillPlace>,
  { stride }: { readonly stride: number },
): void {
  describe(`runs on ${name}, written by several processes`, () => {
    let place: KillPlace;
    let program: ChildProgram<ChildTask>;

    beforeAll(async () => {
      place = await makePlace();
      program = await childProgram("test/runs/commit/kill-child.ts");
    });

    afterAll(async () => {
      await program.drop();
      await place.drop();
    });

    const open = async (uri: string): Promise<RunStore> => {
      const { env } = place;
      const objects = await openStore(uri, { env, file: { sync: "none" } });
      return RunStore.open(objects, { env });
    };

    /** True if the child was killed, false if it came to its end. */
    async function killed(call: number): Promise<boolean> {
      const { env } = place;
      const uri = `${place.uri}/killed-${call}`;
      const at = `killed before call ${call}`;
      await using store = await open(uri);
      await prepare(store.store);
      const end = await program.run({ uri, env, work: { kind: "new-run" }, kill: call });
      expect(await store.load((await store.getRun("old")).inputs.text!), at).toBe("old");
      const committed = await isThere(store);
      if (!end.killed) expect({ committed, output: end.output }, at).toEqual(SAVED);
      // Whatever the dead process left, the next one stores and saves the same.
      if (!committed) {
        await work(store, { kind: "new-run" });
        expect(await isThere(store), at).toBe(true);
      }
      await expectMendable(store.store, at);
      return end.killed;
    }

    it("is all there or not there, where one is killed, and the next one goes on", async () => {
      const kills = await eachCall(stride, killed);
      expect(kills * stride).toBeGreaterThan(15);
    }, 240_000);

    it("keeps every change, where two change the same run", async () => {
      const { env } = place;
      const uri = `${place.uri}/raced`;
      await using store = await open(uri);
      const run = await store.createRun({ runId: "shared" });
      await store.saveManifest(run);
      const names = ["a", "b"];
      const count = 8;
      const changes = (child: string) => ({ kind: "changes", name: child, count }) as const;
      await Promise.all(names.map((child) => program.run({ uri, env, work: changes(child) })));
      const expected = names.flatMap((child) =>
        Array.from({ length: count }, (_, i) => `${child}-${i}`),
      );
      const { tags, outputs, revision } = await store.getRun("shared");
      expect(Object.keys(tags).sort()).toEqual(expected);
      expect(Object.keys(outputs).sort()).toEqual(expected);
      expect(revision).toBe(1 + names.length * count);
      for (const key of expected) expect(await store.load(outputs[key]!)).toBe(`the output ${key}`);
    }, 60_000);
  });
}

const SAVED = { committed: true, output: "saved\n" };
