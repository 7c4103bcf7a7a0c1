import { resolve } from "node:path";
import type { OpLog } from "../oplog/recording/index.js";
import type { Config } from "./config/index.js";

/**
 * Begins the log of all requests of this process as the settings say; a relative path is that of the
 * working directory. Throws `invalid-config`, `already-exists`.
 */
export async function startOpLog(config: Config, path: string): Promise<OpLog> {
  // Loaded where a log is asked for.
  const { OpLog } = await import("../oplog/recording/index.js");
  return OpLog.start(resolve(config.cwd, path), {
    columns: config.get("oplog.columns") === "15" ? 15 : 13,
    bufferRows: config.get("oplog.buffer-rows"),
    frameBytes: config.get("oplog.frame-size"),
    level: config.get("oplog.level"),
    lossless: config.get("oplog.lossless"),
    clientId: config.get("oplog.client-id"),
    clockOffsetNs: config.get("oplog.clock-offset"),
    env: config.environment,
  });
}
