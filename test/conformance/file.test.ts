import { afterAll, beforeAll, describe, it } from "vitest";
import { openFileBackend } from "../../src/storage/backends/file/index.js";
import { describeConformance } from "../../src/testing/index.js";
import { localDiskExpectations, localDiskTarget } from "./local-disk-target.js";

for (const sidecar of [false, true]) {
  describeConformance(
    sidecar ? "file with sidecars" : "file",
    () => localDiskTarget(openFileBackend, { sidecar }),
    localDiskExpectations(sidecar),
    { describe, it, beforeAll, afterAll },
  );
}
