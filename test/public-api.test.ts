import { describe, expect, it } from "vitest";
import * as checkpoints from "../src/checkpoints/index.js";
import * as datagen from "../src/datagen/index.js";
import * as root from "../src/index.js";
import * as loader from "../src/loader/index.js";
import * as oplog from "../src/oplog/index.js";
import * as runs from "../src/runs/index.js";
import * as testing from "../src/testing/index.js";

/** A name added or lost by accident is a promise made or broken: the lists are committed. */
describe("public names", () => {
  it("of lodestore", () => {
    expect(Object.keys(root).sort()).toMatchSnapshot();
  });

  it("of lodestore/checkpoints", () => {
    expect(Object.keys(checkpoints).sort()).toMatchSnapshot();
  });

  it("of lodestore/datagen", () => {
    expect(Object.keys(datagen).sort()).toMatchSnapshot();
  });

  it("of lodestore/loader", () => {
    expect(Object.keys(loader).sort()).toMatchSnapshot();
  });

  it("of lodestore/oplog", () => {
    expect(Object.keys(oplog).sort()).toMatchSnapshot();
  });

  it("of lodestore/runs", () => {
    expect(Object.keys(runs).sort()).toMatchSnapshot();
  });

  it("of lodestore/testing", () => {
    expect(Object.keys(testing).sort()).toMatchSnapshot();
  });
});
