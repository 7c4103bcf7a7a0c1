import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob, escapeGlob, globPrefix, hasGlob } from "../../src/core/glob.js";
import { isLodeError } from "../../src/errors.js";

function matches(pattern: string, text: string): boolean {
  return compileGlob(pattern).matches(text);
}

describe("compileGlob", () => {
  it.each([
    ["", "", true],
    ["", "a", false],
    ["a.csv", "a.csv", true],
    ["*.csv", "a.csv", true],
    ["*.csv", ".csv", true],
    ["*.csv", "d/a.csv", false],
    ["**.csv", "d/a.csv", true],
    ["**", "any/thing", true],
    ["**", "", true],
    ["a/**", "a/b/c", true],
    ["a/**", "b/c", false],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**/b", "a/xb", false],
    ["**/b", "b", true],
    ["**/b", "x/b", true],
    ["**/b", "xb", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["a?c", "a😀c", true],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[!a-c]x", "/x", false],
    ["[]]", "]", true],
    ["[a-]", "-", true],
    ["[\\]]", "]", true],
    ["{a,b}.{x,y}", "b.x", true],
    ["{a,b{c,d}}", "bd", true],
    ["{a,b{c,d}}", "b", false],
    ["{,a}b", "b", true],
    ["{*,x/y}", "x/y", true],
    ["{a/**/b,c}", "a/b", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a,b", "a,b", true],
    ["a}b", "a}b", true],
  ])("%j against %j is %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each(["[a", "{a", "a\\", "[b-a]", "{a,{b}"])("refuses %j", (pattern) => {
    expect(() => compileGlob(pattern)).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("stays linear where backtracking would not end", () => {
    expect(matches(`${"*a".repeat(40)}b`, "a".repeat(5000))).toBe(false);
    expect(matches(`${"{a,{a,a}}".repeat(30)}b`, "a".repeat(30))).toBe(false);
  });

  it("refuses a pattern of absurd length", () => {
    let error: unknown;
    try {
      compileGlob("?".repeat(1_000_000));
    } catch (thrown) {
      error = thrown;
    }
    expect(isLodeError(error, "invalid-argument")).toBe(true);
  });
});

describe("escapeGlob and globPrefix", () => {
  it("agree for every text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
        expect(matches(escapeGlob(text), text)).toBe(true);
        expect(globPrefix(escapeGlob(text))).toBe(text);
        if (!hasGlob(text)) expect(escapeGlob(text)).toBe(text);
      }),
    );
  });

  it("prefix is what every match begins with", () => {
    const piece = fc.constantFrom("a", "b", "/", "*", "**", "?", "[ab]", "{a,b}", "\\*");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 8 }),
        (pieces, text) => {
          const pattern = pieces.join("");
          fc.pre(matches(pattern, text));
          expect(text.startsWith(globPrefix(pattern))).toBe(true);
        },
      ),
    );
  });

  it.each([
    ["data/*.csv", "data/"],
    ["data/x.csv", "data/x.csv"],
    ["a\\*b*", "a*b"],
    ["", ""],
  ])("of %j is %j", (pattern, prefix) => {
    expect(globPrefix(pattern)).toBe(prefix);
  });
});
