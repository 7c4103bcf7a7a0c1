import type { BlobItem, ContainerClient, ContainerListBlobsOptions } from "@azure/storage-blob";
import { LodeError } from "../../../errors.js";
import type { CallOptions } from "../../backend.js";
import type { AzureConnection } from "./connection.js";

export interface ListRequest extends CallOptions {
  readonly prefix: string;
  readonly delimiter?: string | undefined;
  readonly pageSize: number;
  readonly includeUncommitted?: boolean | undefined;
}

/** One answer of the service. */
export interface RawPage {
  readonly blobs: readonly BlobItem[];
  readonly prefixes: readonly string[];
}

/** The service's pages, each request a call of its own. A repeated marker ends in `unexpected`. */
export async function* listRawPages(
  azure: AzureConnection,
  operation: string,
  request: ListRequest,
): AsyncGenerator<RawPage> {
  const { container } = azure;
  let marker: string | undefined;
  for (;;) {
    const settings = {
      maxPageSize: request.pageSize,
      ...(marker === undefined ? {} : { continuationToken: marker }),
    };
    const page = await azure.call(operation, undefined, request, async (abortSignal) => {
      const options = {
        abortSignal,
        prefix: request.prefix,
        includeUncommitedBlobs: request.includeUncommitted === true,
      };
      try {
        return request.delimiter === undefined
          ? await flatPage(container, options, settings)
          : await hierarchyPage(container, request.delimiter, options, settings);
      } catch (error) {
        // The SDK trips over an answer that is XML, or nothing, but no listing.
        throw error instanceof TypeError ? noListing(azure, operation, error) : error;
      }
    });
    yield page;
    const next = page.marker;
    if (next === "") return;
    if (next === marker) throw repeatedMarker(azure, operation);
    marker = next;
  }
}

type MarkedPage = RawPage & { readonly marker: string };
type PageSettings = { readonly maxPageSize: number; readonly continuationToken?: string };

async function flatPage(
  container: ContainerClient,
  options: ContainerListBlobsOptions,
  settings: PageSettings,
): Promise<MarkedPage> {
  const { value } = await container.listBlobsFlat(options).byPage(settings).next();
  return { blobs: value.segment.blobItems, prefixes: [], marker: value.continuationToken ?? "" };
}

async function hierarchyPage(
  container: ContainerClient,
  delimiter: string,
  options: ContainerListBlobsOptions,
  settings: PageSettings,
): Promise<MarkedPage> {
  const pages = container.listBlobsByHierarchy(delimiter, options).byPage(settings);
  const { value } = await pages.next();
  const prefixes: readonly { readonly name: string }[] = value.segment.blobPrefixes ?? [];
  return {
    blobs: value.segment.blobItems,
    prefixes: prefixes.map((prefix) => prefix.name),
    marker: value.continuationToken ?? "",
  };
}

function noListing(azure: AzureConnection, operation: string, cause: Error): LodeError {
  return new LodeError({
    code: "incomplete-read",
    retry: "safe",
    message: `${operation} ${azure.uri} failed: the answer is no listing; check the endpoint`,
    operation,
    uri: azure.uri,
    cause,
  });
}

function repeatedMarker(azure: AzureConnection, operation: string): LodeError {
  return new LodeError({
    code: "unexpected",
    message: `${operation} ${azure.uri} failed: the service repeats one page without end`,
    operation,
    uri: azure.uri,
  });
}
