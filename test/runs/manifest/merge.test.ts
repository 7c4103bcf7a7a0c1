import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeFacts, type RunFacts, sameFacts } from "../../../src/runs/manifest/index.js";
import { MANIFEST } from "./sample-manifest.js";

/** A change of one entry; undefined removes it. */
const change = fc.record({
  field: fc.constantFrom("params" as const, "tags" as const, "metrics" as const),
  key: fc.constantFrom("a", "b", "c", "toString"),
  value: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(facts: RunFacts, changes: readonly Change[]): RunFacts {
  const next = structuredClone(facts) as unknown as Record<string, Record<string, unknown>>;
  for (const { field, key, value } of changes) {
    if (value === undefined) delete next[field]![key];
    else next[field]![key] = field === "tags" ? String(value) : value;
  }
  return next as unknown as RunFacts;
}

const entry = (facts: RunFacts, { field, key }: Change): unknown =>
  Object.hasOwn(facts[field], key) ? (facts[field] as Record<string, unknown>)[key] : undefined;

describe("merging what two writers saved", () => {
  it("takes the one that changed, and tells where both did", () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), fc.array(change), (first, mine, others) => {
        const base = apply(MANIFEST, first);
        const ours = apply(base, mine);
        const theirs = apply(base, others);
        const { facts, conflicts } = mergeFacts(base, ours, theirs);
        for (const one of [...mine, ...others]) {
          const [was, our, their, now] = [base, ours, theirs, facts].map((of) => entry(of, one));
          const both = our !== was && their !== was && our !== their;
          expect(conflicts.includes(`${one.field}.${one.key}`)).toBe(both);
          expect(now).toBe(their === was || both ? our : their);
        }
      }),
    );
  });

  it("does not depend on who comes first, where there is no conflict", () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (mine, others) => {
        const [ours, theirs] = [apply(MANIFEST, mine), apply(MANIFEST, others)];
        const one = mergeFacts(MANIFEST, ours, theirs);
        const two = mergeFacts(MANIFEST, theirs, ours);
        expect(one.conflicts.toSorted()).toEqual(two.conflicts.toSorted());
        if (one.conflicts.length === 0) expect(sameFacts(one.facts, two.facts)).toBe(true);
      }),
    );
  });

  it("names single values that both changed", () => {
    const ours = { ...MANIFEST, status: "finished", project: "x" } as const;
    const theirs = { ...MANIFEST, status: "killed", model: null } as const;
    const { facts, conflicts } = mergeFacts(MANIFEST, ours, theirs);
    expect(conflicts).toEqual(["status"]);
    expect(facts).toMatchObject({ project: "x", model: null });
  });

  it("adds and removes views of both", () => {
    const of = (...storageModes: string[]) => ({ ...MANIFEST, storageModes });
    const { facts } = mergeFacts(
      of("flat", "by_date"),
      of("flat", "{run}"),
      of("by_date", "by_type"),
    );
    expect(facts.storageModes).toEqual(["by_type", "{run}"]);
  });

  it("takes NaN for the same as NaN", () => {
    const theirs = { ...MANIFEST, tags: { region: "us" } };
    expect(mergeFacts(MANIFEST, structuredClone(MANIFEST), theirs).conflicts).toEqual([]);
  });
});
