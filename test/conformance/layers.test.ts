import { afterAll, beforeAll, describe, it } from "vitest";
import type { Layer } from "../../src/storage/backend.js";
import {
  type FaultScript,
  fault,
  limit,
  prefix,
  retry,
  seededFaults,
  trace,
} from "../../src/storage/layers/index.js";
import { describeConformance, type Expectations, FakeClock } from "../../src/testing/index.js";
import { MEMORY_EXPECTATIONS, memoryTarget } from "./memory-target.js";

const runner = { describe, it, beforeAll, afterAll };

/** The part of the container that the prefix shows is no container, and its keys are shorter. */
const PREFIX_EXPECTATIONS: Expectations = {
  ...MEMORY_EXPECTATIONS,
  containers: "not-supported",
  oddKeys: {
    ...MEMORY_EXPECTATIONS.oddKeys,
    "longest-in-segments": "refused",
    "longest-in-one": "refused",
  },
};

/** What a repetition would do twice: the suite would see it. */
const ONCE = new Set(["copy", "rename", "create-container", "start-multipart"]);

/** Where repeating could do harm, a lost reply is told and not healed. */
function healable(script: FaultScript): FaultScript {
  return (call) => {
    const what = script(call);
    if (what?.kind !== "error") return what;
    // A repeated compare-and-swap that another writer has overtaken cannot know its own success.
    const overtaken = call.operation === "put" && /^(counter|[abik]$|[bd][-./])/.test(call.key);
    if (what.when === "after" && (overtaken || ONCE.has(call.operation))) return undefined;
    // A refusal for load had no effect, so that everything is repeated after it.
    if (what.when === "before") {
      return { ...what, error: { ...what.error, code: "rate-limited" } };
    }
    return what;
  };
}

function healed(seed: number): Layer {
  const faults = fault({
    script: healable(seededFaults(seed, { before: 0.05, after: 0.05, truncate: 0.05 })),
  });
  const retries = retry({ clock: new FakeClock(), attempts: 12, deadlineMs: 10 ** 9 });
  return (inner) => retries(faults(inner));
}

describeConformance(
  "prefix over memory",
  () => memoryTarget(prefix("some/folder")),
  PREFIX_EXPECTATIONS,
  runner,
);
describeConformance(
  "limit over memory",
  () => memoryTarget(limit({ concurrency: 3, bytesInFlight: 1_000_000 })),
  MEMORY_EXPECTATIONS,
  runner,
);
describeConformance("retry over memory", () => memoryTarget(retry()), MEMORY_EXPECTATIONS, runner);
describeConformance(
  "trace over memory",
  () => memoryTarget(trace(() => undefined)),
  MEMORY_EXPECTATIONS,
  runner,
);
describeConformance(
  "fault without faults over memory",
  () => memoryTarget(fault({ script: () => undefined })),
  MEMORY_EXPECTATIONS,
  runner,
);
const seed = Math.floor(Math.random() * 2 ** 32);
describeConformance(
  `retry over faults (seed ${seed}) over memory`,
  () => memoryTarget(healed(seed)),
  MEMORY_EXPECTATIONS,
  runner,
);
const stack: Layer[] = [prefix("p"), retry(), limit({ concurrency: 8 }), trace(() => undefined)];
describeConformance(
  "all layers over memory",
  () => memoryTarget((inner) => stack.reduce((backend, layer) => layer(backend), inner)),
  PREFIX_EXPECTATIONS,
  runner,
);
