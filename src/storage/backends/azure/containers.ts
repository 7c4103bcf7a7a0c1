import { LodeError } from "../../../errors.js";
import type { CallOptions, ContainerInfo } from "../../backend.js";
import type { AzureConnection } from "./connection.js";
import { listRawPages } from "./list-page.js";

/** Throws `already-exists`. */
export async function createContainer(
  azure: AzureConnection,
  options: CallOptions = {},
): Promise<void> {
  const { container } = azure;
  await azure.call("createContainer", undefined, options, (abortSignal) =>
    container.create({ abortSignal }),
  );
}

/**
 * Azure would delete a container with all that is in it; this refuses (`precondition-failed`) while
 * it holds an object. What is written between the look and the deletion is lost.
 */
export async function deleteContainer(
  azure: AzureConnection,
  options: CallOptions = {},
): Promise<void> {
  const { container } = azure;
  const request = { prefix: "", pageSize: 1, signal: options.signal };
  for await (const page of listRawPages(azure, "deleteContainer", request)) {
    if (page.blobs.length === 0) continue;
    throw new LodeError({
      code: "precondition-failed",
      message: `deleteContainer ${azure.uri} failed: the container is not empty; delete its objects first`,
      operation: "deleteContainer",
      uri: azure.uri,
    });
  }
  await azure.call("deleteContainer", undefined, options, (abortSignal) =>
    container.delete({ abortSignal }),
  );
}

export async function* listContainers(
  azure: AzureConnection,
  options: CallOptions = {},
): AsyncGenerator<ContainerInfo> {
  let marker: string | undefined;
  do {
    const page = await azure.call("listContainers", undefined, options, async (abortSignal) => {
      const pages = azure.service.listContainers({ abortSignal });
      const result = await pages
        .byPage({
          maxPageSize: 1000,
          ...(marker === undefined ? {} : { continuationToken: marker }),
        })
        .next();
      return result.value;
    });
    // Azure dates a container's last change, not its creation.
    for (const item of page?.containerItems ?? []) yield { name: item.name };
    const next: string | undefined = page?.continuationToken;
    marker = next === marker ? undefined : next;
  } while (marker !== undefined && marker !== "");
}
