import { LodeError } from "../../../errors.js";
import type { Environment, Profile } from "./shared-config.js";
import type { S3Credentials } from "./sigv4.js";

/** Tells credentials anew each time it is asked. */
export type CredentialsSource = () => Promise<S3Credentials>;

/** Credentials about to end are fetched again this long before, in milliseconds. */
const RENEW_BEFORE_MS = 300_000;

/**
 * Credentials for any number of concurrent requests: fetched once, fetched again before they end or
 * when the server says that they have, by one fetch that all share.
 */
export class CredentialsCache {
  // Private fields throughout: what can be printed or turned into JSON would one day be.
  readonly #initial: S3Credentials | undefined;
  readonly #source: CredentialsSource | undefined;
  #current: S3Credentials | undefined;
  #fetching: Promise<S3Credentials> | undefined;

  /** `source` undefined: `initial` never changes; both undefined: requests are not signed. */
  constructor(initial: S3Credentials | undefined, source: CredentialsSource | undefined) {
    this.#initial = initial;
    this.#source = source;
    this.#current = initial;
  }

  get anonymous(): boolean {
    return this.#initial === undefined && this.#source === undefined;
  }

  /** The credentials to use now; only a fetch makes it wait. */
  get(now = Date.now()): S3Credentials | undefined | Promise<S3Credentials> {
    const current = this.#current;
    if (this.#source === undefined) return current;
    if (current === undefined) return this.#fetch();
    const left = current.expiration === undefined ? Infinity : current.expiration.getTime() - now;
    return left > RENEW_BEFORE_MS ? current : this.#fetch();
  }

  /** Newer credentials than `stale`, which the server refused; undefined if there are none. */
  async renew(stale: S3Credentials): Promise<S3Credentials | undefined> {
    if (this.#source === undefined) return undefined;
    if (this.#current !== stale && this.#current !== undefined) return this.#current;
    return this.#fetch();
  }

  #fetch(): Promise<S3Credentials> {
    this.#fetching ??= this.#fetchNow().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchNow(): Promise<S3Credentials> {
    const fetched = await (this.#source as CredentialsSource)();
    this.#current = fetched;
    return fetched;
  }
}

/** The keys of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. */
export function environmentCredentials(env: Environment): S3Credentials | undefined {
  return staticKeys(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN);
}

/** The keys that a profile itself holds; undefined if it names another way (role, SSO, process). */
export function profileCredentials(profile: Profile | undefined): S3Credentials | undefined {
  if (profile === undefined || "role_arn" in profile) return undefined;
  return staticKeys(
    profile.aws_access_key_id,
    profile.aws_secret_access_key,
    profile.aws_session_token,
  );
}

function staticKeys(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): S3Credentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/**
 * The standard chain of AWS: role, SSO, web identity, process, container and instance metadata.
 * Loaded at its first use, since it costs more than most commands. It reads the process's own
 * environment.
 */
export function awsChain(profile: string | undefined): CredentialsSource {
  let chain: Promise<CredentialsSource> | undefined;
  return async () => {
    try {
      chain ??= loadChain(profile);
      return await (await chain)();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LodeError({
        code: "unauthenticated",
        message:
          `no S3 credentials were found: ${why}; set AWS_ACCESS_KEY_ID and ` +
          "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        cause,
      });
    }
  };
}

async function loadChain(profile: string | undefined): Promise<CredentialsSource> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  // Its memory is of no use: what is asked here is wanted anew.
  return async () => {
    const provider = defaultProvider(profile === undefined ? {} : { profile });
    const found = await provider();
    return {
      accessKeyId: found.accessKeyId,
      secretAccessKey: found.secretAccessKey,
      ...(found.sessionToken === undefined ? {} : { sessionToken: found.sessionToken }),
      ...(found.expiration === undefined ? {} : { expiration: found.expiration }),
    };
  };
}
