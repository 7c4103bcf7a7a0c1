import {
  choice,
  count,
  duration,
  location,
  path,
  type Setting,
  size,
  text,
  toggle,
} from "./setting.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/**
 * Every setting there is. `s3.ca-bundle` is `ca-bundle` under `s3` in `lode.yaml` and
 * `LODE_S3_CA_BUNDLE` in the environment. Credentials are no settings: they come from each
 * provider's own chain.
 */
export const SETTINGS = {
  store: location({
    default: ".lode/objects",
    description: "Where things are kept when a command names no place",
  }),
  "runs.store": location({
    default: ".lode/runs",
    description:
      "Where runs are kept; if absent, in runs/ below store where that is set, else in the bucket of MLTRACK_S3_BUCKET",
  }),
  "runs.cache-size": size({
    default: 2 * GiB,
    min: 0,
    max: 2 ** 50,
    description:
      "Disk for a cache of what is read of runs in S3 and Azure, all of them together; 0 for none",
  }),
  "s3.endpoint": text({
    env: ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"],
    description: "URL of an S3-compatible server; AWS itself if absent",
  }),
  "s3.region": text({
    env: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    description: "Region that requests are signed for; us-east-1 if nothing tells one",
  }),
  "s3.profile": text({
    env: ["AWS_PROFILE"],
    description: "Profile of the AWS configuration files",
  }),
  "s3.addressing": choice(["auto", "path", "virtual"], {
    default: "auto",
    description: "How a bucket is named: in the path, in the host name, or as the server needs it",
  }),
  "s3.checksum": choice(["auto", "required", "off"], {
    default: "auto",
    description: "Whether the server must check a CRC32C of what is written",
  }),
  "s3.payload-signing": choice(["auto", "always", "never"], {
    default: "auto",
    description: "Whether bodies are hashed into the signature; auto does so on plain http only",
  }),
  "s3.ca-bundle": path({
    env: ["AWS_CA_BUNDLE", "AWS_CA_BUNDLE_PATH"],
    description: "PEM file of certificate authorities to trust besides the system's",
  }),
  "s3.anonymous": toggle({
    default: false,
    description: "Send requests unsigned, for public buckets",
  }),
  "azure.endpoint": text({
    env: ["AZURE_STORAGE_ENDPOINT", "AZURE_BLOB_ENDPOINT_URL"],
    description: "URL of the blob service; Azure itself if absent",
  }),
  "azure.anonymous": toggle({
    default: false,
    description: "Send requests unsigned, for public containers",
  }),
  "file.sync": choice(["full", "none"], {
    default: "full",
    description: "full: a written file is on the disk before success is told; none: in its cache",
  }),
  "file.sidecar": toggle({
    default: false,
    description: "Keep content type and metadata of local files in a file beside each",
  }),
  "transfer.concurrency": count({
    default: 32,
    min: 1,
    max: 4096,
    description: "Requests in flight at a time, unless -j says so",
  }),
  "transfer.part-size": size({
    default: 8 * MiB,
    min: 64 * 1024,
    max: 5 * GiB,
    description: "Size of the parts of large objects; grows where a store limits their number",
  }),
  "transfer.multipart-threshold": size({
    default: 16 * MiB,
    min: 64 * 1024,
    max: 5 * GiB,
    description: "Objects of this size and more are moved in parts",
  }),
  "transfer.memory-limit": size({
    default: 256 * MiB,
    min: 1 * MiB,
    max: 2 ** 46,
    description: "Bytes in flight at a time, over all objects",
  }),
  "retry.attempts": count({
    default: 8,
    min: 1,
    max: 100,
    env: ["AWS_MAX_ATTEMPTS"],
    description: "Tries of one request, the first one counted",
  }),
  "retry.deadline": duration({
    default: 180_000,
    min: 1000,
    max: 86_400_000,
    description: "No try of a request begins later than this; one that runs then is not cut short",
  }),
  "timeout.connect": duration({
    default: 10_000,
    min: 100,
    max: 3_600_000,
    description: "Longest time to reach an S3 server; for Azure timeout.idle covers that too",
  }),
  "timeout.idle": duration({
    default: 30_000,
    min: 100,
    max: 3_600_000,
    description: "Longest silence of a server while it answers; for Azure 60s unless it is set",
  }),
  "oplog.columns": choice(["13", "15"], {
    default: "13",
    description: "Columns of an operation log: 13, which all readers take, or the 15 of newer warp",
  }),
  "oplog.buffer-rows": count({
    default: 2048,
    min: 1,
    max: 2 ** 24,
    env: ["LODE_OPLOG_BUF", "S3DLIO_OPLOG_BUF"],
    description: "Rows of an operation log that may wait while the disk is busy",
  }),
  "oplog.frame-size": size({
    default: 256 * 1024,
    min: 1024,
    max: 256 * MiB,
    env: ["LODE_OPLOG_WBUFCAP", "S3DLIO_OPLOG_WBUFCAP"],
    description: "Text that an operation log gathers before it is compressed and written",
  }),
  "oplog.level": count({
    default: 1,
    min: 1,
    max: 22,
    env: ["S3DLIO_OPLOG_LEVEL"],
    description: "Level of zstd for operation logs",
  }),
  "oplog.lossless": toggle({
    default: false,
    env: ["S3DLIO_OPLOG_LOSSLESS"],
    description: "Hold requests up rather than drop rows of an operation log",
  }),
  "oplog.client-id": text({
    description: "Who an operation log says sent the requests; the host and its rank if absent",
  }),
  "oplog.clock-offset": count({
    default: 0,
    min: -(2 ** 53 - 1),
    max: 2 ** 53 - 1,
    description: "Nanoseconds that this clock is ahead; taken off all times of an operation log",
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> =
  (typeof SETTINGS)[N] extends Setting<infer T> ? T : never;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** The setting with its type forgotten, for code that treats all alike. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as unknown as Setting<unknown>;
}

export function isSettingName(text: string): text is SettingName {
  return Object.hasOwn(SETTINGS, text);
}

/** Its own name in the environment: `LODE_TRANSFER_PART_SIZE`. */
export function environmentName(name: SettingName): string {
  return `LODE_${name.toUpperCase().replace(/[.-]/g, "_")}`;
}

/** All names in the environment, the strongest first. */
export function environmentNames(name: SettingName): readonly string[] {
  return [environmentName(name), ...settingOf(name).env];
}
