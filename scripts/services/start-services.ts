import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { externalService } from "./external-service.js";
import { freePort } from "./free-port.js";
import type { RunningService, Service, ServiceName } from "./service.js";
import { services } from "./services.js";

export interface SkippedService {
  readonly name: ServiceName;
  readonly reason: string;
}

export interface StartedServices {
  readonly running: readonly RunningService[];
  readonly skipped: readonly SkippedService[];
  /** Stops all that was started here. */
  stop(): Promise<void>;
}

export interface StartServicesOptions {
  /** Services to be skipped, rather than downloaded or built, if that was not done before. */
  readonly onlyIfFetched?: readonly ServiceName[];
  readonly signal?: AbortSignal;
}

/**
 * Starts services at the same time, each with its own port and data folder. One that runs already
 * and is named in `LODE_TEST_S3_URL` or `LODE_TEST_AZURE_URL` is used instead of being started.
 * Whatever happens to this process, the servers end with it.
 *
 * A service that this machine cannot have is skipped, with the reason: a missing tool, a download
 * or build that failed.
 *
 * @throws Error if a service that is there does not start; the others are stopped then.
 */
export async function startServices(
  names: readonly ServiceName[],
  options: StartServicesOptions = {},
): Promise<StartedServices> {
  const outcomes = await Promise.allSettled(
    names.map((name) => startOrSkip(services[name], options)),
  );
  const running: RunningService[] = [];
  const skipped: SkippedService[] = [];
  const failures: unknown[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") failures.push(outcome.reason);
    else if ("reason" in outcome.value) skipped.push(outcome.value);
    else running.push(outcome.value);
  }
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((service) => service.stop()));
  };
  if (failures.length > 0) {
    await stop();
    const messages = failures.map((failure) => (failure as Error).message).join("\n");
    throw new AggregateError(failures, `test servers failed to start: ${messages}`);
  }
  return { running, skipped, stop };
}

async function startOrSkip(
  service: Service,
  { onlyIfFetched, signal }: StartServicesOptions,
): Promise<RunningService | SkippedService> {
  const { name } = service;
  const external = await externalService(name, signal);
  if (external !== undefined) return external;
  const availability = await service.availability();
  if (!availability.ok) return { name, reason: availability.reason };
  if (!(await service.isFetched())) {
    if (onlyIfFetched?.includes(name)) {
      return { name, reason: `not fetched yet: npm run services -- fetch ${name}` };
    }
    try {
      await service.fetch(signal);
    } catch (error) {
      signal?.throwIfAborted();
      return { name, reason: `cannot be fetched: ${(error as Error).message}` };
    }
  }
  return startInNewFolder(service, signal);
}

/** Starts a service on a free port, with a data folder of its own in the system's temporary one. */
export async function startInNewFolder(
  service: Service,
  signal?: AbortSignal,
): Promise<RunningService> {
  const dataDir = await mkdtemp(join(tmpdir(), `lodestore-${service.name}-`));
  try {
    return await service.start({ dataDir, port: await freePort(), ...(signal && { signal }) });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw new Error(`${service.name}: ${(error as Error).message}`, { cause: error });
  }
}
