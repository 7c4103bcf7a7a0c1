import { describe, expect, it } from "vitest";
import { checkNoOverlap, checkNotSelf } from "../../../src/storage/transfer/target-names.js";

const refused = expect.objectContaining({ code: "invalid-argument" });

describe("checkNotSelf", () => {
  it.each([
    ["file:///a/b", "file:///a/b", undefined, false],
    ["file:///a/b", "direct:///a/b", false, false],
    ["mem://a/b", "mem://a/b", false, true],
    ["s3://a/b", "s3://a/b", undefined, true],
    ["s3://a/b", "s3://a/b", true, false],
  ])("refuses %s to %s (same store: %s, move: %s)", (source, target, same, isMove) => {
    expect(() => checkNotSelf(source, target, same, isMove)).toThrowError(refused);
  });

  it.each([
    ["s3://a/b", "s3://a/b", false, true],
    ["s3://a/b", "s3://a/b", undefined, false],
    ["file:///a/b", "file:///a/bc", undefined, true],
    ["s3://a/b", "az://a/b", undefined, true],
  ])("allows %s to %s (same store: %s, move: %s)", (source, target, same, isMove) => {
    expect(() => checkNotSelf(source, target, same, isMove)).not.toThrow();
  });
});

describe("checkNoOverlap", () => {
  it.each([
    ["file:///a/", "file:///a/b/", undefined],
    ["direct:///a/b/", "file:///a/", undefined],
    ["mem://a/", "mem://a/", undefined],
    ["s3://a/", "s3://a/b/", true],
    ["s3://a/", "s3://a/b/", undefined],
    ["s3://a/", "s3://a/", true],
  ])("refuses %s and %s (same store: %s)", (source, target, same) => {
    expect(() => checkNoOverlap(source, target, same)).toThrowError(refused);
  });

  it.each([
    ["file:///a/", "file:///ab/", undefined],
    ["s3://a/x/", "s3://a/y/", true],
    ["s3://a/", "s3://a/", undefined],
    ["s3://a/", "s3://a/b/", false],
  ])("allows %s and %s (same store: %s)", (source, target, same) => {
    expect(() => checkNoOverlap(source, target, same)).not.toThrow();
  });
});
