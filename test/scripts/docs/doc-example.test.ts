import { describe, expect, it } from "vitest";
import { consoleSteps, docExamples, outputMatches } from "../../../scripts/docs/doc-example.js";

describe("docExamples", () => {
  const plain = { anyNumbers: false, inRepository: false };

  it("finds blocks with their output and leaves out what is not to be run", () => {
    const page =
      "# T\n\n```ts\na();\n```\n\n```text\n1\n```\n\n```ts no-run\nb();\n```\n\n```console\n$ lode\n```\n";
    expect(docExamples(page)).toEqual([
      { ...plain, language: "ts", code: "a();\n", output: "1\n", line: 3 },
      { ...plain, language: "console", code: "$ lode\n", output: undefined, line: 15 },
    ]);
  });

  it("splits a console block into commands and their output", () => {
    expect(consoleSteps("$ a \\\n  b\nx\ny\n$ c\n")).toEqual([
      { command: "a \\\n  b", output: "x\ny\n" },
      { command: "c", output: "" },
    ]);
    expect(consoleSteps("$ cat > f <<END\n> a\n> END\nx\n> y\n")).toEqual([
      { command: "cat > f <<END\na\nEND", output: "x\n> y\n" },
    ]);
  });
});

describe("outputMatches", () => {
  it.each([
    ["a\n", "a\n", true],
    ["a\n", "a\nb\n", false],
    ["a\n...\nd\n", "a\nb\nc\nd\n", true],
    ["...\nb\n...\n", "b\n", true],
    ["...\nb\n", "b\na\n", false],
    ["took … s\n", "took 1.5 s\n", true],
    ["took … s\n", "took 1.5 ms\n", false],
    ["", "", true],
    ["", "error\n", false],
  ])("compares %j with %j: %s", (shown, real, expected) => {
    expect(outputMatches(shown, real)).toBe(expected);
  });

  it("takes any number for another where a page says so", () => {
    expect(outputMatches("took 1.5 s, 12 files.\n", "took 900 s,    1,234 files.\n", true)).toBe(
      true,
    );
    expect(outputMatches("took 1.5 s\n", "took long s\n", true)).toBe(false);
    expect(outputMatches("took 1.5 s\n", "took 2.5 s\n")).toBe(false);
    expect(outputMatches("1.5 MB/s\n", "900 kB/s\n", true)).toBe(true);
    expect(outputMatches("1.5 MB/s\n", "900 kB/s\n")).toBe(false);
    expect(outputMatches("1.5 MB/s\n", "900 B/s\n", true)).toBe(false);
  });
});
