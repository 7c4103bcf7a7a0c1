import { describe, expect, it } from "vitest";
import { validateAttributes } from "../../src/core/index.js";

describe("validateAttributes", () => {
  it("takes what can travel as a header", () => {
    validateAttributes({
      contentType: "text/csv; charset=utf-8",
      metadata: { "train-step": "100", note: "größe = 3" },
      storageClass: "STANDARD_IA",
    });
    validateAttributes({});
  });

  it.each([
    { contentType: "a\r\nb: c" },
    { storageClass: "A\n" },
    { metadata: { a: "b\rc" } },
    { metadata: { a: "b\u0000c" } },
    { metadata: { "a\nb": "c" } },
    { metadata: { "A B": "c" } },
    { metadata: { "": "c" } },
  ])("refuses %j", (attributes) => {
    expect(() => validateAttributes(attributes)).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
