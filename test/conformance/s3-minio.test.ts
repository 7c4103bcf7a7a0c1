import { afterAll, beforeAll, describe, it } from "vitest";
import { describeConformance, type Expectations } from "../../src/testing/index.js";
import { S3_EXPECTATIONS, s3Target } from "./s3-target.js";

/** MinIO keeps objects as folders of its own disk, and refuses names that are no paths. */
const MINIO_EXPECTATIONS: Expectations = {
  ...S3_EXPECTATIONS,
  listsBelowKeys: "not-supported",
  oddKeys: {
    ...S3_EXPECTATIONS.oddKeys,
    "double-slash": "refused",
    "leading-slash": "refused",
    dot: "refused",
    "dot-dot": "refused",
    "dot-segment": "refused",
    "dot-dot-segment": "refused",
    "trailing-slash": "put-only",
    "longest-in-one": "refused",
  },
};

const endpoint = process.env.LODE_TEST_MINIO_URL;

describe.skipIf(endpoint === undefined)("minio", () => {
  const credentials = { accessKeyId: "test-minio", secretAccessKey: "testtest-minio" };
  describeConformance(
    "s3 on minio",
    () => s3Target({ endpoint, credentials }),
    MINIO_EXPECTATIONS,
    { describe, it, beforeAll, afterAll },
    { races: 25 },
  );
});
