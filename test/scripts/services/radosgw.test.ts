import { expect } from "vitest";
import { services } from "../../../scripts/services/index.js";
import { describeLifetime } from "./server-lifetime.js";

await describeLifetime(services.radosgw, async ({ url, env, version, pids }) => {
  expect(version).toMatch(/^\d+\.\d+\.\d+ \(Debian \w+\)$/);
  expect(pids).toHaveLength(3);
  expect(env).toMatchObject({ AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test" });

  const anonymous = await fetch(url);
  expect(anonymous.status).toBe(200);
  expect(await anonymous.text()).toContain("<ListAllMyBucketsResult");

  // The server knows the key: it complains of the signature, not of an unknown key.
  const date = new Date().toUTCString();
  const authorization = `AWS ${env.AWS_ACCESS_KEY_ID}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=`;
  const signed = await fetch(url, { headers: { authorization, "x-amz-date": date } });
  expect(signed.status).toBe(403);
  expect(await signed.text()).toContain("<Code>SignatureDoesNotMatch</Code>");
});
