import { abortCases } from "./abort.js";
import { attributeCases } from "./attributes.js";
import { capabilityCases } from "./capabilities.js";
import { concurrencyCases } from "./concurrency.js";
import { conditionalPutCases } from "./conditional-put.js";
import type { ConformanceCase, ConformanceTarget } from "./conformance-case.js";
import { containerCases } from "./containers.js";
import { copyCases } from "./copy.js";
import { deleteCases } from "./delete.js";
import type { Expectations } from "./expectations.js";
import { getCases } from "./get.js";
import { headCases } from "./head.js";
import { keyCases } from "./keys.js";
import { listCases } from "./list.js";
import { modelCases } from "./model.js";
import { multipartCases } from "./multipart.js";
import { multipartConditionalCases } from "./multipart-conditional.js";
import { multipartResumeCases } from "./multipart-resume.js";
import { presignCases } from "./presign.js";
import { emptyContainer } from "./probes.js";
import { putCases } from "./put.js";
import { rangeCases } from "./ranges.js";
import { readIntoCases } from "./read-into.js";
import { renameCases } from "./rename.js";

/** Every case that a backend with these expectations must pass. */
export function conformanceCases(expect: Expectations): ConformanceCase[] {
  return [
    capabilityCases,
    getCases,
    rangeCases,
    readIntoCases,
    headCases,
    putCases,
    conditionalPutCases,
    attributeCases,
    multipartCases,
    multipartConditionalCases,
    multipartResumeCases,
    listCases,
    deleteCases,
    copyCases,
    renameCases,
    presignCases,
    containerCases,
    keyCases,
    concurrencyCases,
    abortCases,
    modelCases,
  ].flatMap((casesFor) => casesFor(expect));
}

/** The four functions of a test runner; those of vitest, jest or (`before`, `after`) node:test fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
  beforeAll(run: () => Promise<void>): unknown;
  afterAll(run: () => Promise<void>): unknown;
}

export interface ConformanceOptions {
  /** Seed of the random cases; drawn if absent and told when one fails. */
  readonly seed?: number | undefined;
  /** How often the races of two creators are run. Default 100. */
  readonly races?: number | undefined;
}

/**
 * Registers the whole suite under `name`. The target is made once; each case finds its container
 * empty and leaves it so.
 */
export function describeConformance(
  name: string,
  makeTarget: () => Promise<ConformanceTarget>,
  expect: Expectations,
  runner: TestRunner,
  options: ConformanceOptions = {},
): void {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const races = options.races ?? 100;
  const cases = conformanceCases(expect);
  runner.describe(`${name} conformance`, () => {
    let target: ConformanceTarget | undefined;
    runner.beforeAll(async () => {
      target = await makeTarget();
    });
    runner.afterAll(async () => {
      await target?.dispose();
    });
    for (const verb of new Set(cases.map((one) => one.verb))) {
      runner.describe(verb, () => {
        for (const one of cases.filter((other) => other.verb === verb)) {
          runner.it(one.name, async () => {
            if (target === undefined) throw new Error("the target was not made");
            try {
              await one.run({ ...target, expect, seed, races });
            } finally {
              await emptyContainer(target.backend);
            }
          });
        }
      });
    }
  });
}
