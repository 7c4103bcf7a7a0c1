import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { RunningService, Service } from "../../../scripts/services/index.js";
import { identifyProcess, isAlive } from "../../../scripts/services/process-identity.js";
import { startInNewFolder } from "../../../scripts/services/start-services.js";

/**
 * What holds for each service: it starts, answers the request in `check`, and leaves nothing behind.
 * A service that this machine cannot have is shown as skipped, with the reason.
 */
export async function describeLifetime(
  service: Service,
  check: (running: RunningService) => Promise<void>,
): Promise<void> {
  const availability = await service.availability();
  const reason = availability.ok ? "" : ` (skipped: ${availability.reason})`;

  describe.skipIf(!availability.ok)(`${service.name}${reason}`, () => {
    let running: RunningService | undefined;

    afterEach(async () => {
      await running?.stop();
      running = undefined;
    });

    it("starts, answers and ends without a trace", { timeout: 900_000 }, async () => {
      running = await startInNewFolder(service);
      expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
      await check(running);

      const { pids, dataDir } = running;
      const processes = await Promise.all(pids.map(identifyProcess));
      expect(processes).not.toHaveLength(0);
      expect(processes).not.toContain(undefined);
      expect(existsSync(dataDir)).toBe(true);

      await running.stop();
      for (const identity of processes) expect(await isAlive(identity!)).toBe(false);
      expect(existsSync(dataDir)).toBe(false);
      await expect(fetch(running.url)).rejects.toThrow();
    });

    it("leaves nothing when the start is aborted", { timeout: 900_000 }, async () => {
      await service.fetch();
      const reason = new Error("no longer wanted");
      const aborting = new AbortController();
      const starting = startInNewFolder(service, aborting.signal);
      aborting.abort(reason);
      await expect(starting).rejects.toMatchObject({ cause: reason });
    });
  });
}
