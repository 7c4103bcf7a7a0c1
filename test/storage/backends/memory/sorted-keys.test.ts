import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "../../../../src/core/index.js";
import { SortedKeys } from "../../../../src/storage/backends/memory/sorted-keys.js";

function inOrder(keys: SortedKeys): string[] {
  const found: string[] = [];
  for (let key = keys.ceiling(""); key !== undefined; key = keys.higher(key)) found.push(key);
  return found;
}

describe("SortedKeys", () => {
  it("agrees with a sorted set after any adds and deletes", () => {
    const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 60 }), key, (steps, from) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const [add, name] of steps) {
          expect(add ? keys.add(name) : keys.delete(name)).toBe(add !== model.has(name));
          if (add) model.add(name);
          else model.delete(name);
        }
        const sorted = [...model].sort(compareKeys);
        expect(inOrder(keys)).toEqual(sorted);
        expect(keys.size).toBe(model.size);
        expect(keys.ceiling(from)).toBe(sorted.find((name) => compareKeys(name, from) >= 0));
      }),
    );
  });

  it("stays ordered over many blocks, filled and emptied in a scattered order", () => {
    const keys = new SortedKeys();
    const count = 20_011; // prime, so that the stride below meets each number once
    const name = (n: number) => String(n).padStart(6, "0");
    for (let i = 0; i < count; i++) keys.add(name((i * 7919) % count));
    expect(inOrder(keys)).toEqual(Array.from({ length: count }, (_, n) => name(n)));
    for (let i = 0; i < count - 5; i++) keys.delete(name((i * 7919) % count));
    expect(inOrder(keys)).toHaveLength(5);
  });
});
