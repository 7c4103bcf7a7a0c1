import { constants } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isLodeError, toLodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt } from "./resolve-target.js";

/** One thing that was looked at. */
export interface Diagnosis {
  readonly name: string;
  /** `note`: works, but a user should know. */
  readonly status: "ok" | "note" | "failed";
  /** For people; never a secret. */
  readonly text: string;
}

/** The oldest Node that the package supports. */
const NODE_FLOOR = [20, 19] as const;

/** Checks what the command needs, the configured store (or `text`) last. Throws nothing. */
export async function* diagnose(
  app: AppContext,
  surroundings: { readonly nodeVersion: string; readonly temporaryFolder: string },
  text?: string,
): AsyncGenerator<Diagnosis, void, undefined> {
  yield node(surroundings.nodeVersion);
  yield configuration(app);
  yield awsCredentials(app);
  yield azureCredentials(app);
  yield nativeChecksums();
  yield await directIo(surroundings.temporaryFolder);
  yield await store(app, text ?? app.config.get("store"));
}

function node(version: string): Diagnosis {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const enough = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  return {
    name: "node",
    status: enough ? "ok" : "failed",
    text: enough
      ? version
      : `${version} is older than ${NODE_FLOOR.join(".")}; install a newer Node`,
  };
}

function configuration({ config }: AppContext): Diagnosis {
  const files = config.files.length === 0 ? "no file, defaults only" : config.files.join(", ");
  const { warnings } = config;
  return {
    name: "configuration",
    status: warnings.length === 0 ? "ok" : "note",
    text: [files, ...warnings].join("; "),
  };
}

/** Which sources of credentials are in sight; whether they are right, a store will tell. */
function awsCredentials({ config }: AppContext): Diagnosis {
  const env = config.environment;
  const found = [
    env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY ? "keys in the environment" : "",
    env.AWS_SESSION_TOKEN ? "a session token" : "",
    config.get("s3.profile") === undefined ? "" : `profile ${config.get("s3.profile")}`,
    env.AWS_WEB_IDENTITY_TOKEN_FILE ? "a web identity" : "",
    env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI
      ? "a container's role"
      : "",
    config.get("s3.anonymous") ? "anonymous access" : "",
  ].filter((one) => one !== "");
  return credentials("aws credentials", found, "AWS's own files and instance roles are tried");
}

function azureCredentials({ config }: AppContext): Diagnosis {
  const env = config.environment;
  const found = [
    env.AZURE_STORAGE_CONNECTION_STRING ? "a connection string" : "",
    env.AZURE_STORAGE_KEY || env.AZURE_STORAGE_ACCOUNT_KEY ? "an account key" : "",
    env.AZURE_STORAGE_SAS_TOKEN ? "a SAS token" : "",
    env.AZURE_CLIENT_ID ? "a client identity" : "",
    config.get("azure.anonymous") ? "anonymous access" : "",
  ].filter((one) => one !== "");
  return credentials(
    "azure credentials",
    found,
    "the Azure command's and managed identities are tried",
  );
}

function credentials(name: string, found: readonly string[], otherwise: string): Diagnosis {
  if (found.length > 0) return { name, status: "ok", text: `found ${found.join(", ")}` };
  return { name, status: "note", text: `none in the environment; ${otherwise}` };
}

function nativeChecksums(): Diagnosis {
  const name = "native checksums";
  try {
    createRequire(import.meta.url)("@node-rs/crc32");
    return { name, status: "ok", text: "@node-rs/crc32 is loaded" };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { name, status: "note", text: `slower ones are used: ${reason}` };
  }
}

/** Whether `direct://` can bypass the page cache in the folder for temporary files. */
async function directIo(folder: string): Promise<Diagnosis> {
  const name = "direct i/o";
  if (constants.O_DIRECT === undefined) {
    return { name, status: "note", text: "this system has none; direct:// uses ordinary i/o" };
  }
  const place = await mkdtemp(join(folder, "lode-doctor-"));
  try {
    const flags = constants.O_CREAT | constants.O_RDWR | constants.O_DIRECT;
    const file = await open(join(place, "probe"), flags, 0o600);
    await file.close();
    return { name, status: "ok", text: `works in ${folder}` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { name, status: "note", text: `refused in ${folder} (${code}); direct:// falls back` };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function store(app: AppContext, text: string): Promise<Diagnosis> {
  const name = "store";
  const startedAt = performance.now();
  try {
    const place = await folderAt(app, locationOf(text, app.config.cwd));
    const listing = place.store.list({ prefix: place.folder, pageSize: 1, signal: app.signal });
    let objects = 0;
    for await (const _ of listing) {
      objects++;
      break;
    }
    const milliseconds = Math.round(performance.now() - startedAt);
    const what = objects === 0 ? "holds nothing yet" : "answers";
    return { name, status: "ok", text: `${text} ${what} (${milliseconds} ms)` };
  } catch (thrown) {
    const error = toLodeError(thrown, "list", text);
    if (isLodeError(error, "aborted")) throw error;
    return { name, status: "failed", text: `${text}: ${error.message} [${error.code}]` };
  }
}
