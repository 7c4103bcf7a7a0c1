import { join } from "node:path";
import type { CacheOptions } from "../../cas/index.js";
import { formatStoreUri, isRemote, type Scheme } from "../../core/index.js";
import type { RunStore } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import type { Config } from "../config/index.js";
import { locationOf } from "../location.js";
import { formatParameters } from "../split-location.js";
import { folderAt } from "./resolve-target.js";

/** Opens the runs at a place as a user names it, or where settings say, and closes them after the work. */
export async function withRuns<T>(
  app: AppContext,
  place: string | undefined,
  work: (runs: RunStore) => Promise<T>,
): Promise<T> {
  const { RunStore: Opened } = await import("../../runs/index.js");
  const { cwd, environment } = app.config;
  const location = locationOf(place ?? runsPlace(app.config), cwd);
  const { store, folder } = await folderAt(app, location);
  await using runs = await Opened.open(store.sub(folder), {
    env: environment,
    cache: runsCache(app.config, location.uri.scheme),
    onWarning: app.onWarning,
  });
  return await work(runs);
}

/** Where and how much is kept of what is read of runs; nothing of those that are on this machine. */
export function runsCache(config: Config, scheme: Scheme): CacheOptions | undefined {
  const cache = userCache(config);
  return cache?.maxBytes === 0 || !isRemote(scheme) ? undefined : cache;
}

/** The user's cache, whose cap is 0 where nothing is to be kept; undefined without a home directory. */
export function userCache(
  config: Config,
): { readonly folder: string; readonly maxBytes: number } | undefined {
  if (config.cacheFolder === undefined) return undefined;
  return { folder: join(config.cacheFolder, "blobs"), maxBytes: config.get("runs.cache-size") };
}

/** Where runs are kept when a command names no place. */
export function runsPlace(config: Config): string {
  const isSet = (name: "store" | "runs.store") => config.origin(name).kind !== "default";
  if (isSet("runs.store")) return config.get("runs.store");
  if (isSet("store")) return belowStore(config);
  const { MLTRACK_S3_BUCKET: bucket, MLTRACK_S3_PREFIX: prefix } = config.environment;
  return bucket ? `s3://${bucket}/${prefix || "mltrack"}` : config.get("runs.store");
}

function belowStore(config: Config): string {
  const { uri } = locationOf(config.get("store"), config.cwd);
  const key = [uri.key.replace(/\/$/, ""), "runs"].filter((part) => part !== "").join("/");
  return `${formatStoreUri({ ...uri, key })}${formatParameters(uri)}`;
}
