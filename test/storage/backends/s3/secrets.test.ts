import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { openS3Backend } from "../../../../src/storage/backends/s3/index.js";
import { withServer } from "./scripted-server.js";

const STARTED =
  "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>";

describe("the secret key", () => {
  it("cannot be printed out of a backend or an upload", async () => {
    await withServer([{ status: 200, body: STARTED }], async (backend) => {
      for (const printed of [backend, await backend.startMultipart("k")]) {
        expect(inspect(printed, { depth: 9 })).not.toContain("SECRET");
        expect(JSON.stringify(printed)).not.toContain("SECRET");
      }
    });
  });

  it("of the environment neither", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "SECRET" };
    const backend = await openS3Backend({ bucket: "bucket", env });
    expect(inspect(backend, { depth: 9 })).not.toContain("SECRET");
    expect(JSON.stringify(backend)).not.toContain("SECRET");
  });
});
