import { isLodeError, LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { type Location, locationOf } from "../location.js";
import { splitAtContainer } from "../split-location.js";
import { hasObjectsBelow } from "./list-entries.js";

export interface ContainerResult {
  readonly uri: string;
  /** False where nothing had to be done, or nothing was done in a dry run. */
  readonly changed: boolean;
}

/** Creates a bucket, container or folder; one that is there is no error. */
export async function createContainer(
  app: AppContext,
  text: string,
  options: { readonly dryRun?: boolean | undefined } = {},
): Promise<ContainerResult> {
  const { uri, store } = await containerOf(app, text);
  if (options.dryRun === true) return { uri, changed: false };
  try {
    await store.createContainer({ signal: app.signal });
    return { uri, changed: true };
  } catch (error) {
    if (!isLodeError(error, "already-exists")) throw error;
    return { uri, changed: false };
  }
}

/** Deletes an empty bucket, container or folder. */
export async function deleteContainer(
  app: AppContext,
  text: string,
  options: { readonly dryRun?: boolean | undefined } = {},
): Promise<ContainerResult> {
  const { uri, store } = await containerOf(app, text);
  if (options.dryRun === true) {
    if (!(await hasObjectsBelow(store, "", app.signal))) return { uri, changed: false };
    throw new LodeError({
      code: "precondition-failed",
      message: `${uri} is not empty; delete what is in it first`,
    });
  }
  await store.deleteContainer({ signal: app.signal });
  return { uri, changed: true };
}

/** The seed's commands take a bucket with or without scheme and slash. */
async function containerOf(app: AppContext, text: string) {
  const bucket = /^[a-z0-9][a-z0-9.-]*$/i.test(text);
  const location = locationOf(bucket ? `s3://${text}` : text, app.config.cwd);
  const uri = containerUri(location);
  return { uri, store: await app.stores.store(uri) };
}

function containerUri(location: Location): string {
  const { scheme, container, key } = location.uri;
  const onDisk = scheme === "file" || scheme === "direct";
  const rest = key.replace(/\/$/, "");
  const named = scheme === "az" ? container.includes("/") : container !== "";
  if (!named || (!onDisk && rest !== "") || (onDisk && rest === "")) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${location.text} does not name a bucket, container or folder of its own; write s3://bucket, az://account/container or file:///folder`,
    });
  }
  return onDisk ? `${scheme}:///${rest}` : splitAtContainer(location.uri, false).container;
}
