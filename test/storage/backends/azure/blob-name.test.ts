import { describe, expect, it } from "vitest";
import { checkBlobName } from "../../../../src/storage/backends/azure/blob-name.js";

describe("checkBlobName", () => {
  it.each([
    "a",
    "a+b",
    "%2F",
    "a//b",
    "/a",
    "a/",
    "a b",
    "#",
    "?",
    "emoji 😀",
    ".a",
    "a.b/c",
    "..a",
    "x".repeat(1024),
  ])("takes %j", (name) => checkBlobName(name));

  it.each([
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a.",
    "a./b",
    "a\\b",
    "a\nb",
    "a\u0001",
    "a\u007f",
    "a\u0085",
    "a\uffff",
    "a/".repeat(254),
  ])("refuses %j, which Azure would change or reject", (name) => {
    expect(() => checkBlobName(name)).toThrow(expect.objectContaining({ code: "invalid-key" }));
  });
});
