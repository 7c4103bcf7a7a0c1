import { afterAll, beforeAll, describe, it } from "vitest";
import { openDirectBackend } from "../../src/storage/backends/direct/index.js";
import { describeConformance } from "../../src/testing/index.js";
import { localDiskExpectations, localDiskTarget } from "./local-disk-target.js";

for (const sidecar of [false, true]) {
  describeConformance(
    sidecar ? "direct with sidecars" : "direct",
    () => localDiskTarget(openDirectBackend, { sidecar }),
    localDiskExpectations(sidecar),
    { describe, it, beforeAll, afterAll },
  );
}
