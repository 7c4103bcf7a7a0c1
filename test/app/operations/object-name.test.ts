import { describe, expect, it } from "vitest";
import { objectName } from "../../../src/app/operations/object-name.js";

describe("objectName", () => {
  it.each([
    ["object_{}_of_{}.dat", 3, 12, "object_3_of_12.dat"],
    ["part-{:05}.tar", 42, 1000, "part-00042.tar"],
    ["{:5}-{:03}", 7, 10, "00007-010"],
    ["{:02}", 12345, 99999, "12345"],
    ["a/{:012}/b", 1, 2, "a/000000000001/b"],
    ["{}-{}-{}", 1, 2, "1-2-{}"],
    ["same", 1, 2, "same"],
    ["{x} {:} {:0} {:x5} {:100} {}", 1, 2, "{x} {:} {:0} {:x5} {:100} 1"],
    ["$&$1{}", 5, 6, "$&$15"],
  ])("fills %j with %i of %i: %j", (template, index, num, name) => {
    expect(objectName(template, index, num)).toBe(name);
  });
});
