import { describe, expect, it } from "vitest";
import { openS3Backend } from "../../../../src/storage/backends/s3/index.js";

const credentials = { accessKeyId: "AKID", secretAccessKey: "SECRET", sessionToken: "tok/en+=" };

describe("presign", () => {
  it("makes a URL of the bucket's own address, without the secret", async () => {
    const backend = await openS3Backend({
      bucket: "my-bucket",
      region: "eu-west-1",
      credentials,
      env: {},
    });
    const url = await backend.presign("a b/ü", { expiresIn: 60 });
    expect(url).toMatch(/^https:\/\/my-bucket\.s3\.eu-west-1\.amazonaws\.com\/a%20b\/%C3%BC\?/);
    expect(url).toContain("X-Amz-Expires=60");
    expect(url).toContain("X-Amz-Security-Token=tok%2Fen%2B%3D");
    expect(url).toMatch(/&X-Amz-Signature=[0-9a-f]{64}$/);
    expect(url).not.toContain("SECRET");
    await backend.close();
  });

  it.each([0, -1, 604_801, 1.5])("refuses a lifetime of %d", async (expiresIn) => {
    const backend = await openS3Backend({ bucket: "my-bucket", credentials, env: {} });
    await expect(backend.presign("k", { expiresIn })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await backend.close();
  });
});
