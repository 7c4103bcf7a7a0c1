import { describe, expect, it } from "vitest";
import { compileRegex } from "../../src/core/linear-regex.js";

describe("compileRegex", () => {
  it("is anchored at both ends", async () => {
    const match = await compileRegex("a.*\\.csv");
    expect(match("a1.csv")).toBe(true);
    expect(match("xa1.csv")).toBe(false);
    expect(match("a1.csv.bak")).toBe(false);
    expect((await compileRegex("a|b"))("ab")).toBe(false);
  });

  it("stays linear where backtracking would not end", async () => {
    const match = await compileRegex("(a+)+b");
    expect(match("a".repeat(20_000))).toBe(false);
  });

  it.each(["(", "a\\1", "(?=a)", "x{2000}", "(((a{100}){100}){100}){100}", "a".repeat(1001)])(
    "refuses %s",
    async (pattern) => {
      await expect(compileRegex(pattern)).rejects.toMatchObject({ code: "invalid-argument" });
    },
  );
});
