import { afterAll, beforeAll, describe, it } from "vitest";
import { describeConformance } from "../../src/testing/index.js";
import { MEMORY_EXPECTATIONS, memoryTarget } from "./memory-target.js";

describeConformance(
  "memory",
  () => memoryTarget(),
  MEMORY_EXPECTATIONS,
  { describe, it, beforeAll, afterAll },
  { races: 1000 },
);
