import { afterAll, beforeAll, describe, it } from "vitest";
import { describeConformance } from "../../src/testing/index.js";
import { S3_EXPECTATIONS, s3Target } from "./s3-target.js";

const endpoint = process.env.LODE_TEST_RADOSGW_URL;

describe.skipIf(endpoint === undefined)("radosgw", () => {
  const credentials = { accessKeyId: "test", secretAccessKey: "testtest" };
  describeConformance(
    "s3 on radosgw",
    () => s3Target({ endpoint, credentials }),
    S3_EXPECTATIONS,
    { describe, it, beforeAll, afterAll },
    { races: 25 },
  );
});
