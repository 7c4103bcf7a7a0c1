import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointStore } from "../../../src/checkpoints/index.js";
import { isLodeError } from "../../../src/errors.js";
import { dropMemoryStore } from "../../../src/storage/backends/memory/index.js";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { keysOf, uploadsOf } from "../places.js";

type Action = { readonly step: number; readonly dies: number } & (
  | { readonly kind: "save"; readonly tag: string | undefined }
  | { readonly kind: "prune"; readonly keepLast: number; readonly old: boolean }
  | { readonly kind: "delete" | "untag" | "repair" }
);

const common = {
  step: fc.integer({ min: 1, max: 6 }),
  /** The store fails from this call on; most calls need fewer. */
  dies: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(10_000)),
};

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...common,
      kind: fc.constant("save"),
      tag: fc.option(fc.constantFrom("a", "b"), { nil: undefined, freq: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...common,
      kind: fc.constant("prune"),
      keepLast: fc.integer({ min: 1, max: 3 }),
      old: fc.boolean(),
    }),
  },
  fc.record({ ...common, kind: fc.constantFrom("delete", "untag", "repair") }),
) as fc.Arbitrary<Action>;

const shardsOf = (step: number) => [
  Buffer.alloc(150, step),
  Buffer.from(String(step).padEnd(400, "compressible ")),
];

async function perform(store: ObjectStore, one: Action): Promise<void> {
  const checkpoints = new CheckpointStore(store, { blockSize: 64, compressionLevel: 1 });
  const { step } = one;
  if (one.kind === "save") {
    const tags = one.tag === undefined ? [] : [one.tag];
    await checkpoints.save({ step, shards: shardsOf(step), tags });
  } else if (one.kind === "prune") {
    const now = one.old ? Date.now() + 48 * 3600 * 1000 : undefined;
    await checkpoints.prune({ keepLast: one.keepLast, now });
  } else if (one.kind === "delete") await checkpoints.delete(step);
  else if (one.kind === "untag") await checkpoints.untag(step < 4 ? "a" : "b");
  else await checkpoints.repair();
}

/** Everything that is listed is whole, and what loads by default is the newest of it. */
async function expectSound(checkpoints: CheckpointStore): Promise<Set<string>> {
  const names = new Set<string>();
  for (const { name } of await checkpoints.list()) {
    const checkpoint = await checkpoints.load(name);
    const shards = await checkpoint.readShards();
    expect(shards.map((bytes) => Buffer.from(bytes))).toEqual(shardsOf(name.step));
    names.add(checkpoint.toString());
  }
  const latest = await checkpoints.loadLatest();
  expect(latest === undefined).toBe(names.size === 0);
  if (latest !== undefined) expect(names).toContain(latest.toString());
  return names;
}

describe("random saves, deletions and prunes that die anywhere", () => {
  it("lose nothing that a checkpoint needs, and a last prune leaves nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 16 }), async (actions) => {
        const place = randomUUID();
        const store = await openStore(`mem://${place}`);
        const checkpoints = new CheckpointStore(store);
        let before = new Set<string>();
        for (const one of actions) {
          const dying = store.with(
            fault({
              script: ({ number }) =>
                number >= one.dies
                  ? { kind: "error", when: "before", error: { code: "connection", retry: "never" } }
                  : undefined,
            }),
          );
          const tagged = new Set([...(await checkpoints.tags()).values()].map(({ id }) => id));
          const newest = (await checkpoints.loadLatest())?.toString();
          const failed = await perform(dying, one).then(
            () => false,
            (error: unknown) => {
              // Nothing to delete, a tag that protects, or the death.
              const codes = ["connection", "not-found", "precondition-failed"] as const;
              if (!isLodeError(error, ...codes)) throw error;
              return true;
            },
          );
          const after = await expectSound(checkpoints);
          if (one.kind === "save") {
            for (const name of before) expect(after).toContain(name);
            if (!failed) expect(after.size).toBe(before.size + 1);
          } else {
            for (const name of after) expect(before).toContain(name);
            const gone = [...before].filter((name) => !after.has(name));
            for (const name of gone) expect(tagged).not.toContain(name.replace(/^ckpt-\d+-/, ""));
            if (one.kind === "prune") expect(gone).not.toContain(newest);
            else expect(gone.length).toBeLessThanOrEqual(one.kind === "delete" ? 1 : 0);
          }
          before = after;
        }
        await checkpoints.repair();
        const { failures } = await checkpoints.prune({ now: Date.now() + 48 * 3600 * 1000 });
        expect(failures).toEqual([]);
        const needed = [...before].map((name) => `manifests/${name}.json`);
        for (const { name } of await checkpoints.list()) {
          const { manifest } = await checkpoints.load(name);
          needed.push(...manifest.shards.map(({ key }) => key));
        }
        if (before.size > 0) needed.push("latest.json");
        for (const tag of (await checkpoints.tags()).keys()) needed.push(`tags/${tag}.json`);
        expect(await keysOf(store)).toEqual(needed.sort());
        expect(await uploadsOf(store)).toEqual([]);
        dropMemoryStore(place);
      }),
      { numRuns: 12 },
    );
  });
});
