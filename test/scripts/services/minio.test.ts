import { expect } from "vitest";
import { services } from "../../../scripts/services/index.js";
import { describeLifetime } from "./server-lifetime.js";

await describeLifetime(services.minio, async ({ url, env, pids }) => {
  expect(pids).toHaveLength(1);
  expect(env).toMatchObject({ AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test-minio" });
  expect((await fetch(`${url}/minio/health/live`)).status).toBe(200);

  const anonymous = await fetch(`${url}/bucket`);
  expect(anonymous.status).toBe(403);
  expect(anonymous.headers.get("server")).toBe("MinIO");
});
