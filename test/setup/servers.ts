import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM_NAMES, type ProgramName, programs } from "../../scripts/programs/index.js";
import {
  type ServiceName,
  type SkippedService,
  startServices,
} from "../../scripts/services/index.js";

/** Where each server's address is told to the tests. */
const ADDRESS: Readonly<Record<ServiceName, { variable: string; from: string }>> = {
  radosgw: { variable: "LODE_TEST_RADOSGW_URL", from: "AWS_ENDPOINT_URL" },
  minio: { variable: "LODE_TEST_MINIO_URL", from: "AWS_ENDPOINT_URL" },
  azurite: {
    variable: "LODE_TEST_AZURITE_CONNECTION_STRING",
    from: "AZURE_STORAGE_CONNECTION_STRING",
  },
};

/** Where each program's path is told to the tests. */
const PROGRAM_PATH: Readonly<Record<ProgramName, string>> = {
  warp: "LODE_TEST_WARP",
  python: "LODE_TEST_PYTHONPATH",
};

/** Read by the reporter, which runs in this process too but is loaded apart from this file. */
export const SKIPPED_FILE = join(tmpdir(), `lodestore-skipped-${process.pid}.json`);

type Skipped = SkippedService | { readonly name: ProgramName; readonly reason: string };

/** Starts the real servers once for all test files and ends them afterwards. */
export async function setup(): Promise<() => Promise<void>> {
  const given = Object.values(ADDRESS).filter(({ variable }) => process.env[variable]);
  const names = (Object.keys(ADDRESS) as ServiceName[]).filter(
    (name) => !process.env[ADDRESS[name].variable],
  );
  if (given.length > 0) console.log(`using servers of ${given.map((a) => a.variable).join(", ")}`);
  const [{ running, skipped: skippedServers, stop }, skippedPrograms] = await Promise.all([
    startServices(names),
    fetchPrograms(),
  ]);
  const skipped = [...skippedServers, ...skippedPrograms];
  for (const service of running) {
    const { variable, from } = ADDRESS[service.name];
    process.env[variable] = service.env[from];
    console.log(`${service.name} ${service.version} at ${service.url}`);
  }
  writeFileSync(SKIPPED_FILE, JSON.stringify(skipped));
  if (skipped.length > 0 && process.env.LODE_TEST_REQUIRE_ALL === "1") {
    await stop();
    throw new Error(
      `what must run here cannot: ${skipped.map((s) => `${s.name} (${s.reason})`).join("; ")}`,
    );
  }
  return stop;
}

/** Makes the programs ready; tells those that this machine cannot have. */
async function fetchPrograms(): Promise<Skipped[]> {
  const skipped = await Promise.all(
    PROGRAM_NAMES.map(async (name) => {
      const program = programs[name];
      const availability = await program.availability();
      if (!availability.ok) return { name, reason: availability.reason };
      try {
        await program.fetch();
      } catch (error) {
        return { name, reason: `cannot be fetched: ${(error as Error).message}` };
      }
      process.env[PROGRAM_PATH[name]] = program.path();
      return undefined;
    }),
  );
  return skipped.filter((one) => one !== undefined);
}
