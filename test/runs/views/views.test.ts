import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkStorageMode,
  locationOf,
  parseTemplate,
  pointersOf,
} from "../../../src/runs/views/index.js";
import { MANIFEST } from "../manifest/sample-manifest.js";

describe("views with names", () => {
  it.each([
    ["by_project", "runs/by_project/customer_churn/prod_001"],
    ["by_date", "runs/by_date/2026-11-20/prod_001"],
    ["by_type", "runs/by_type/production/prod_001"],
    ["by_model", "runs/by_model/churn/prod_001"],
    ["flat", "runs/all/prod_001"],
  ])("%s lies where mltrack would put it", (mode, location) => {
    expect(locationOf(MANIFEST, mode)).toBe(location);
  });

  it("have a place for what is missing", () => {
    const run = { ...MANIFEST, project: null, model: null };
    expect(locationOf(run, "by_project")).toBe("runs/by_project/default/prod_001");
    expect(locationOf(run, "by_model")).toBe("runs/by_model/default/prod_001");
  });

  it.each(["../../x", "/", "", "😀", "x".repeat(300), "a/../../b", "CON\u0000"])(
    "keep a project %j and such an id in their places",
    (project) => {
      const run = { ...MANIFEST, project, runId: project || "x", tags: { t: project } };
      for (const mode of ["by_project", "{project}/{tag.t}/{run}"]) {
        const parts = locationOf(run, mode).split("/");
        expect(parts).toHaveLength(mode === "by_project" ? 4 : 7);
        expect(parts).not.toContain("..");
        expect(parts).not.toContain("");
        expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(256);
      }
    },
  );

  it("tell the nearest name for a slip", () => {
    expect(() => checkStorageMode("by_projct")).toThrow(/did you mean by_project\?/);
  });

  it("of newer versions are left alone", () => {
    const run = { ...MANIFEST, storageModes: ["by_moon", "{phase}", "flat"] };
    expect([...pointersOf(run).values()]).toEqual(["flat"]);
  });
});

describe("templates", () => {
  it.each([
    [
      "{project}/{yyyy}/{tag.region}",
      "runs/custom/_project_._yyyy_._tag.region_/customer_churn/2026/eu/prod_001",
    ],
    ["{yyyy}-{mm}-{dd}", "runs/custom/_yyyy_-_mm_-_dd_/2026-11-20/prod_001"],
    [
      "team a/{type}/{model}",
      "runs/custom/team%20a._type_._model_/team%20a/production/churn/prod_001",
    ],
    [
      "{param.lr}/{param.layers}",
      "runs/custom/_param.lr_._param.layers_/0.001/%5B64%2C32%5D/prod_001",
    ],
    ["{tag.none}/{param.toString}", "runs/custom/_tag.none_._param.toString_/none/none/prod_001"],
    ["{status}/{run}", "runs/custom/_status_._run_/failed/prod_001/prod_001"],
  ])("%s", (template, location) => {
    expect(locationOf(MANIFEST, checkStorageMode(template))).toBe(location);
  });

  it.each([
    ["{projct}", /did you mean project\?/],
    ["{tag.}", /\{tag\.\} is none of/],
    ["{}", /\{\} is none of/],
    ["{project", /brace/],
    ["{project}}", /brace/],
    ["/{project}", /one of its parts is ""/],
    ["{project}/../{run}", /one of its parts is "\.\."/],
    ["{project}\n", /control character/],
    [`{project}${"x".repeat(200)}`, /200 are the most/],
  ])("%j is refused", (template, message) => {
    expect(() => checkStorageMode(template)).toThrow(message);
  });

  it("have folders of their own", () => {
    const piece = fc.constantFrom(
      "{project}",
      "{tag.a}",
      "{tag.a.b}",
      "{tag._}",
      "a",
      "_",
      ".b",
      "project",
      "%",
      "tag.a",
    );
    const template = fc
      .array(fc.array(piece, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.map((part) => part.join("")).join("/"));
    fc.assert(
      fc.property(template, template, (a, b) => {
        expect(parseTemplate(a).folder === parseTemplate(b).folder).toBe(a === b);
      }),
      { numRuns: 2000 },
    );
  });
});
