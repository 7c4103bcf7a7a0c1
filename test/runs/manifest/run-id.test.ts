import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refKey } from "../../../src/cas/index.js";
import {
  checkRunId,
  copyKey,
  headKey,
  headKeyOfOwner,
  revisionKey,
} from "../../../src/runs/manifest/index.js";

const HOSTILE = [
  "../../x",
  "/",
  ".",
  "..",
  "a/b",
  "con:",
  "%2F",
  "é",
  "😀".repeat(100),
  "a.json",
  "a b",
];

describe("ids of runs", () => {
  it.each(["", "a\nb", "\u0000", "x".repeat(201), "\ud800"])("refuses %j", (id) => {
    expect(() => checkRunId(id)).toThrow(/cannot name a run/);
  });

  it.each(HOSTILE)("keeps %j in one part of its keys", (id) => {
    expect(checkRunId(id)).toBe(id);
    expect(headKey(id)).toMatch(/^heads\/[A-Za-z0-9._%~-]+\.json$/);
    expect(headKey(id).split("/")).not.toContain("..");
    expect(revisionKey(id, 1, "ab".repeat(32))).toMatch(
      /^manifests\/[^/]+\/000001-abababab\.json$/,
    );
    expect(
      Math.max(
        ...headKey(id)
          .split("/")
          .map((part) => part.length),
      ),
    ).toBeLessThan(256);
  });

  it("gives no two ids one key, and no copy of a run the name of another's folder", () => {
    const id = fc.oneof(
      fc.constantFrom(...HOSTILE, "a", "a.json.json", "A%2Ejson", "a%2Ejson"),
      fc.string({ minLength: 1, maxLength: 200 }),
    );
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(headKey(a) === headKey(b)).toBe(a === b);
        const folder = revisionKey(b, 1, "ab".repeat(32)).replace(/\/[^/]*$/, "");
        expect(copyKey(a)).not.toBe(folder);
      }),
    );
  });

  it.each(HOSTILE)("finds the head of %j by the name of its ref", (id) => {
    const ref = refKey("ab".repeat(32), "runs", id);
    expect(headKeyOfOwner(ref.slice(ref.lastIndexOf("/") + 1))).toBe(headKey(id));
  });
});
