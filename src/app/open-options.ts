import {
  type OpenOptions,
  type OperationRecord,
  type RetryEvent,
  type StoreWarning,
  trace,
} from "../storage/index.js";
import type { Config, SettingName, SettingValue } from "./config/index.js";

/** Who is told of what the stores do. */
export interface StoreObserver {
  readonly onWarning: (warning: StoreWarning) => void;
  /** A request failed and is repeated. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  /** A call to a store is over. Without it no call is timed. */
  readonly onOperation?: ((record: OperationRecord) => void) | undefined;
}

/**
 * What stores are opened with. A setting that nobody has set is left out, so that each provider's
 * own rules find its value: the profile's region, the credentials' endpoint.
 */
export function openOptions(config: Config, observer: StoreObserver): OpenOptions {
  const { onOperation } = observer;
  const connect = chosen(config, "timeout.connect");
  const idle = chosen(config, "timeout.idle");
  return {
    env: config.environment,
    s3: {
      endpoint: chosen(config, "s3.endpoint"),
      region: chosen(config, "s3.region"),
      // Naming it would put the profile's keys before the environment's own.
      profile: fromProviderName(config, "s3.profile") ? undefined : chosen(config, "s3.profile"),
      style: chosen(config, "s3.addressing"),
      checksum: chosen(config, "s3.checksum"),
      payloadSigning: chosen(config, "s3.payload-signing"),
      caBundle: chosen(config, "s3.ca-bundle"),
      credentials: config.get("s3.anonymous") ? "anonymous" : undefined,
      connectTimeoutMs: connect,
      idleTimeoutMs: idle,
    },
    azure: {
      endpoint: chosen(config, "azure.endpoint"),
      anonymous: config.get("azure.anonymous") ? true : undefined,
      idleTimeoutMs: idle,
    },
    file: { sync: chosen(config, "file.sync"), sidecar: chosen(config, "file.sidecar") },
    retry: {
      attempts: config.get("retry.attempts"),
      deadlineMs: config.get("retry.deadline"),
      onRetry: observer.onRetry,
    },
    layers: onOperation === undefined ? [] : [trace(onOperation)],
    onWarning: observer.onWarning,
  };
}

function chosen<N extends SettingName>(config: Config, name: N): SettingValue<N> | undefined {
  return config.origin(name).kind === "default" ? undefined : config.get(name);
}

function fromProviderName(config: Config, name: SettingName): boolean {
  return config.origin(name).where?.startsWith("AWS_") === true;
}
