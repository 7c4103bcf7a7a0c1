import { readFile } from "node:fs/promises";
import { LodeError } from "../../../errors.js";
import {
  awsChain,
  CredentialsCache,
  type CredentialsSource,
  environmentCredentials,
  profileCredentials,
} from "./credentials.js";
import { type AddressingStyle, parseEndpoint, type S3Endpoint } from "./endpoint.js";
import { type Environment, type Profile, readProfile } from "./shared-config.js";
import type { S3Credentials } from "./sigv4.js";

/**
 * CRC32C with what is written: `auto` sends it, and without if the server cannot take it;
 * `required` fails then; `off` sends none.
 */
export type ChecksumMode = "auto" | "required" | "off";

/** SHA-256 of what is written, in the signature: `auto` is over plain http only. */
export type PayloadSigning = "auto" | "always" | "never";

export interface S3Config {
  /** Undefined: the account, of which only `listContainers` can be asked. */
  readonly bucket?: string | undefined;
  /** Else `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, `us-east-1`. */
  readonly region?: string | undefined;
  /** Else `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT`, the profile's, AWS itself. */
  readonly endpoint?: string | undefined;
  readonly style?: AddressingStyle | undefined;
  /** Else the environment's, the profile's, AWS's standard chain. */
  readonly credentials?: S3Credentials | CredentialsSource | "anonymous" | undefined;
  /** Else `AWS_PROFILE`, `default`. Named here, it goes before keys of the environment. */
  readonly profile?: string | undefined;
  readonly checksum?: ChecksumMode | undefined;
  readonly payloadSigning?: PayloadSigning | undefined;
  /** Path of a PEM bundle; else `AWS_CA_BUNDLE`, `AWS_CA_BUNDLE_PATH`, the profile's. */
  readonly caBundle?: string | undefined;
  /** Most connections at a time. */
  readonly maxConnections?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** Copies above this size go part by part; S3 takes up to 5 GiB at once. In bytes. */
  readonly copyThreshold?: number | undefined;
  /** Size of the parts of such copies, in bytes. */
  readonly copyPartSize?: number | undefined;
  /** The environment; pass `process.env`, or `{}` for none. */
  readonly env: Environment;
  /** Told of what is worth knowing but no failure, each once. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A configuration with nothing left to look up but credentials that need a fetch. */
export interface ResolvedS3Config {
  readonly bucket: string | undefined;
  readonly region: string;
  /** Undefined: AWS's own endpoint of the region. */
  readonly endpoint: S3Endpoint | undefined;
  readonly style: AddressingStyle;
  readonly credentials: CredentialsCache;
  readonly checksum: ChecksumMode;
  readonly payloadSigning: PayloadSigning;
  /** PEM text. */
  readonly ca: string | undefined;
  readonly maxConnections: number | undefined;
  readonly connectTimeoutMs: number | undefined;
  readonly idleTimeoutMs: number | undefined;
  readonly copyThreshold: number;
  readonly copyPartSize: number;
  readonly onWarning: (message: string) => void;
}

const MIB = 1024 * 1024;

/** Reads profile and bundle and decides all settings. Throws `invalid-config`. */
export async function resolveS3Config(config: S3Config): Promise<ResolvedS3Config> {
  const { env } = config;
  const profileName = config.profile ?? env.AWS_PROFILE ?? "default";
  const profile = await neededProfile(config, profileName);
  const endpoint =
    config.endpoint ||
    env.AWS_ENDPOINT_URL_S3 ||
    env.AWS_ENDPOINT_URL ||
    env.AWS_ENDPOINT ||
    profile?.endpoint_url;
  if (config.bucket !== undefined) checkBucket(config.bucket);
  return {
    bucket: config.bucket,
    region: checkRegion(
      config.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || profile?.region || "us-east-1",
    ),
    endpoint: endpoint ? parseEndpoint(endpoint) : undefined,
    style: config.style ?? "auto",
    credentials: credentialsOf(config, profile, profileName),
    checksum: config.checksum ?? "auto",
    payloadSigning: config.payloadSigning ?? "auto",
    ca: await readBundle(
      config.caBundle || env.AWS_CA_BUNDLE || env.AWS_CA_BUNDLE_PATH || profile?.ca_bundle,
    ),
    maxConnections: config.maxConnections,
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    copyThreshold: config.copyThreshold ?? 5 * 1024 * MIB,
    copyPartSize: config.copyPartSize ?? 512 * MIB,
    onWarning: config.onWarning ?? (() => {}),
  };
}

/** The profile's files are read for every store, since they may name region, endpoint and bundle. */
async function neededProfile(config: S3Config, name: string): Promise<Profile | undefined> {
  const profile = await readProfile(name, config.env);
  if (profile === undefined && (config.profile ?? config.env.AWS_PROFILE) !== undefined) {
    throw new LodeError({
      code: "invalid-config",
      message: `there is no AWS profile ${JSON.stringify(name)} in the AWS configuration files`,
    });
  }
  return profile;
}

function credentialsOf(
  config: S3Config,
  profile: Profile | undefined,
  profileName: string,
): CredentialsCache {
  const given = config.credentials;
  if (given === "anonymous") return new CredentialsCache(undefined, undefined);
  if (typeof given === "function") return new CredentialsCache(undefined, given);
  if (given !== undefined) return new CredentialsCache(given, undefined);
  const fromEnvironment =
    config.profile === undefined ? environmentCredentials(config.env) : undefined;
  const keys = fromEnvironment ?? profileCredentials(profile);
  if (keys !== undefined) {
    // Tools that renew a profile's keys write its file anew.
    const source = async () =>
      profileCredentials(await readProfile(profileName, config.env)) ?? keys;
    return new CredentialsCache(keys, keys === fromEnvironment ? undefined : source);
  }
  return new CredentialsCache(undefined, awsChain(profile === undefined ? undefined : profileName));
}

async function readBundle(path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new LodeError({
      code: "invalid-config",
      message: `the CA bundle ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      cause,
    });
  }
}

/** What cannot be a bucket of any server; the server knows the rest. */
function checkBucket(bucket: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket) && !bucket.includes("..")) return;
  throw new LodeError({
    code: "invalid-config",
    message:
      `${JSON.stringify(bucket)} cannot be an S3 bucket: ` +
      "names have 3 to 63 lower-case letters, digits, dots and hyphens",
  });
}

/** A region becomes part of a host name: nothing else may slip in. */
function checkRegion(region: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(region)) return region;
  throw new LodeError({
    code: "invalid-config",
    message: `${JSON.stringify(region)} is not a region; write one such as us-east-1`,
  });
}
