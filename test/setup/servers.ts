import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServiceName, startServices } from "../../scripts/services/index.js";

/** Where each server's address is told to the tests. */
const ADDRESS: Readonly<Record<ServiceName, { variable: string; from: string }>> = {
  radosgw: { variable: "LODE_TEST_RADOSGW_URL", from: "AWS_ENDPOINT_URL" },
  minio: { variable: "LODE_TEST_MINIO_URL", from: "AWS_ENDPOINT_URL" },
  azurite: {
    variable: "LODE_TEST_AZURITE_CONNECTION_STRING",
    from: "AZURE_STORAGE_CONNECTION_STRING",
  },
};

/** Read by the reporter, which runs in this process too but is loaded apart from this file. */
export const SKIPPED_FILE = join(tmpdir(), `lodestore-skipped-${process.pid}.json`);

/** Starts the real servers once for all test files and ends them afterwards. */
export async function setup(): Promise<() => Promise<void>> {
  const given = Object.values(ADDRESS).filter(({ variable }) => process.env[variable]);
  const names = (Object.keys(ADDRESS) as ServiceName[]).filter(
    (name) => !process.env[ADDRESS[name].variable],
  );
  if (given.length > 0) console.log(`using servers of ${given.map((a) => a.variable).join(", ")}`);
  const { running, skipped, stop } = await startServices(names);
  for (const service of running) {
    const { variable, from } = ADDRESS[service.name];
    process.env[variable] = service.env[from];
    console.log(`${service.name} ${service.version} at ${service.url}`);
  }
  writeFileSync(SKIPPED_FILE, JSON.stringify(skipped));
  if (skipped.length > 0 && process.env.LODE_TEST_REQUIRE_ALL === "1") {
    await stop();
    throw new Error(
      `servers that must run here cannot: ${skipped.map((s) => `${s.name} (${s.reason})`).join("; ")}`,
    );
  }
  return stop;
}
