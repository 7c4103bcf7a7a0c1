import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "../../../../src/core/object-key.js";
import { ByteOrder } from "../../../../src/storage/backends/azure/byte-order.js";

const key = fc
  .array(fc.constantFrom("a", "/", "é", "\ud7ff", "\ue000", "\uff01", "😀", "𐀀"), { maxLength: 6 })
  .map((parts) => parts.join(""));

function inPages(keys: readonly string[], size: number): string[] {
  const order = new ByteOrder<string>((entry) => entry);
  const out: string[] = [];
  for (let at = 0; at < keys.length; at += size) out.push(...order.add(keys.slice(at, at + size)));
  out.push(...order.end());
  return out;
}

describe("ByteOrder", () => {
  it("orders UTF-16 and UTF-8 listings by bytes, whatever the page size", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key), fc.integer({ min: 1, max: 7 }), (keys, size) => {
        const byBytes = [...keys].sort(compareKeys);
        expect(inPages([...keys].sort(), size)).toEqual(byBytes);
        expect(inPages(byBytes, size)).toEqual(byBytes);
      }),
    );
  });

  it("holds nothing where no key has a surrogate", () => {
    const order = new ByteOrder<string>((entry) => entry);
    expect(order.add(["a", "b", "\uff01"])).toEqual(["a", "b", "\uff01"]);
    expect(order.end()).toEqual([]);
  });
});
