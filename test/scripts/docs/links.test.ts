import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, brokenLinks } from "../../../scripts/docs/links.js";

const root = resolve(import.meta.dirname, "..", "..", "..");

describe("brokenLinks", () => {
  it("tells of links to files and headings that are not there", () => {
    const page = [
      "# A heading, with `code`",
      "[a](package.json) [b](docs/nowhere.md) [c](#a-heading-with-code) [d](#none)",
      "[e](https://example.com/x) [f](docs/decisions/0001-dependencies.md#none)",
      "```text\n[g](nowhere.md)\n```",
    ].join("\n");
    expect(anchorsOf(page)).toEqual(["a-heading-with-code"]);
    const broken = brokenLinks(root, "README.md", page.replace("(#a", "(package.json#a"));
    expect(broken).toContain("docs/nowhere.md");
    expect(broken).toContain("docs/decisions/0001-dependencies.md#none");
    expect(broken).not.toContain("package.json");
    expect(broken).not.toContain("nowhere.md");
  });
});
