import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { didYouMean, editDistance, suggest } from "../../src/core/index.js";

describe("suggest", () => {
  const commands = ["list", "delete", "delete-bucket", "upload", "download"];

  it.each([
    ["lsit", "list"],
    ["uplaod", "upload"],
    ["downlod", "download"],
    ["delete-buket", "delete-bucket"],
    ["LIST", "list"],
  ])("takes %s for %s", (typed, meant) => {
    expect(suggest(typed, commands)).toBe(meant);
  });

  it("is silent where nothing is near", () => {
    expect(suggest("frobnicate", commands)).toBeUndefined();
    expect(didYouMean("frobnicate", commands)).toBe("");
  });
});

describe("editDistance", () => {
  it("counts a swap of neighbours as one", () => {
    expect(editDistance("ab", "ba")).toBe(1);
    expect(editDistance("kitten", "sitting")).toBe(3);
  });

  it("is symmetric, and zero only for equal texts", () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
