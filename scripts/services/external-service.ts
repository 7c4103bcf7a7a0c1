import { azuriteEnv } from "./azurite.js";
import { s3Env } from "./s3-env.js";
import type { RunningService, ServiceName } from "./service.js";

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The server that the environment names in place of a service, or undefined if it names none:
 *
 * - `LODE_TEST_S3_URL` for radosgw, with `LODE_TEST_S3_ACCESS_KEY` and `LODE_TEST_S3_SECRET_KEY`
 *   (by default `test` and `testtest`);
 * - `LODE_TEST_AZURE_URL` for azurite: a connection string, or the URL of an Azurite's blob endpoint.
 *
 * @throws Error if the server does not answer.
 */
export async function externalService(
  name: ServiceName,
  signal?: AbortSignal,
): Promise<RunningService | undefined> {
  const found = fromEnvironment(name, process.env);
  if (found === undefined) return undefined;
  await checkAnswer(name, found.url, signal);
  return {
    ...found,
    name,
    version: "external",
    pids: [],
    dataDir: "",
    stop: async () => {},
    detach: () => {},
  };
}

/** Exported for the test. */
export function fromEnvironment(
  name: ServiceName,
  env: NodeJS.ProcessEnv,
): Pick<RunningService, "url" | "env"> | undefined {
  if (name === "radosgw" && env.LODE_TEST_S3_URL) {
    const url = env.LODE_TEST_S3_URL;
    const accessKey = env.LODE_TEST_S3_ACCESS_KEY || "test";
    return { url, env: s3Env(url, accessKey, env.LODE_TEST_S3_SECRET_KEY || "testtest") };
  }
  if (name === "azurite" && env.LODE_TEST_AZURE_URL) return azure(env.LODE_TEST_AZURE_URL);
  return undefined;
}

function azure(value: string): Pick<RunningService, "url" | "env"> {
  if (/^https?:\/\//.test(value)) {
    // An Azurite's URL without a path means its only account.
    const url = new URL(value).pathname === "/" ? new URL("/devstoreaccount1", value).href : value;
    return { url, env: azuriteEnv(url) };
  }
  const url = /(?:^|;)BlobEndpoint=([^;]+)/i.exec(value)?.[1];
  if (url === undefined) {
    // The value is not shown: it may hold a key.
    throw new Error(
      "LODE_TEST_AZURE_URL is neither a URL nor a connection string with BlobEndpoint",
    );
  }
  return { url, env: { AZURE_STORAGE_CONNECTION_STRING: value } };
}

async function checkAnswer(name: string, url: string, signal?: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  try {
    // Any answer will do, also a refusal: the request is not signed.
    const response = await fetch(url, {
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    await response.body?.cancel();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(`the server named for ${name} does not answer: ${new URL(url).origin}`, {
      cause,
    });
  }
}
