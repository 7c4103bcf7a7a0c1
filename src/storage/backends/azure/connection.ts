import type * as sdk from "@azure/storage-blob";
import { LodeError } from "../../../errors.js";
import type { CallOptions, WriteMode } from "../../backend.js";
import { checkBlobName } from "./blob-name.js";
import { CallGuard } from "./call-guard.js";
import type { AzureConfig } from "./config.js";

/** The SDK's clients for one account and container, and how calls through them are made. */
export class AzureConnection {
  readonly config: AzureConfig;
  /** `az://account/container`, or `az://account`. */
  readonly uri: string;
  readonly sdk: typeof sdk;
  readonly service: sdk.BlobServiceClient;
  readonly sharedKey: sdk.StorageSharedKeyCredential | undefined;
  readonly #container: sdk.ContainerClient | undefined;

  private constructor(
    config: AzureConfig,
    library: typeof sdk,
    credential: Parameters<typeof sdk.newPipeline>[0],
  ) {
    this.config = config;
    this.uri = `az://${config.account}${config.container === "" ? "" : `/${config.container}`}`;
    this.sdk = library;
    this.sharedKey =
      credential instanceof library.StorageSharedKeyCredential ? credential : undefined;
    const url =
      config.auth.kind === "sas" ? `${config.serviceUrl}?${config.auth.token}` : config.serviceUrl;
    this.service = new library.BlobServiceClient(
      url,
      library.newPipeline(credential, { retryOptions: { maxTries: 1 } }),
    );
    this.#container =
      config.container === "" ? undefined : this.service.getContainerClient(config.container);
  }

  /** Loads the SDK: `@azure/identity` only where its chain of credentials is used. */
  static async open(config: AzureConfig): Promise<AzureConnection> {
    const library = await import("@azure/storage-blob");
    return new AzureConnection(config, library, await credentialFor(config, library));
  }

  get container(): sdk.ContainerClient {
    if (this.#container !== undefined) return this.#container;
    throw new LodeError({
      code: "invalid-argument",
      message: `${this.uri} names no container; write ${this.uri}/container`,
      uri: this.uri,
    });
  }

  /** Throws `invalid-key` for a name that Azure cannot hold. */
  blob(key: string): sdk.BlockBlobClient {
    checkBlobName(key);
    return this.container.getBlockBlobClient(key);
  }

  uriOf(key: string | undefined): string {
    return key === undefined ? this.uri : `${this.uri}/${key}`;
  }

  guard(
    operation: string,
    key: string | undefined,
    options: CallOptions & { readonly mode?: WriteMode | undefined } = {},
  ): CallGuard {
    return new CallGuard({
      operation,
      uri: this.uriOf(key),
      idleTimeoutMs: this.config.idleTimeoutMs,
      signal: options.signal,
      mode: options.mode,
    });
  }

  /** One request whose answer is complete when it returns; `bytes` is the size of what it sends. */
  async call<T>(
    operation: string,
    key: string | undefined,
    options: (CallOptions & { readonly mode?: WriteMode | undefined }) | undefined,
    send: (abortSignal: AbortSignal) => Promise<T>,
    bytes = 0,
  ): Promise<T> {
    const guard = this.guard(operation, key, options);
    try {
      return await guard.wait(() => send(guard.signal), bytes);
    } finally {
      guard.end();
    }
  }
}

async function credentialFor(
  config: AzureConfig,
  library: typeof sdk,
): Promise<Parameters<typeof sdk.newPipeline>[0]> {
  switch (config.auth.kind) {
    case "shared-key":
      return new library.StorageSharedKeyCredential(config.account, config.auth.key);
    case "default":
      return new (await import("@azure/identity")).DefaultAzureCredential();
    case "sas":
    case "anonymous":
      return new library.AnonymousCredential();
  }
}
