import type { BlobItem } from "@azure/storage-blob";
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
      if (request.delimiter === undefined) {
        const result = await container.listBlobsFlat(options).byPage(settings).next();
        return { value: result.value, prefixes: [] };
      }
      const hierarchy = container.listBlobsByHierarchy(request.delimiter, options);
      const { value } = await hierarchy.byPage(settings).next();
      const found: readonly { readonly name: string }[] = value?.segment.blobPrefixes ?? [];
      return { value, prefixes: found.map((prefix) => prefix.name) };
    });
    yield { blobs: page.value?.segment.blobItems ?? [], prefixes: page.prefixes };
    const next: string = page.value?.continuationToken ?? "";
    if (next === "") return;
    if (next === marker) throw repeatedMarker(azure, operation);
    marker = next;
  }
}

function repeatedMarker(azure: AzureConnection, operation: string): LodeError {
  return new LodeError({
    code: "unexpected",
    message: `${operation} ${azure.uri} failed: the service repeats one page without end`,
    operation,
    uri: azure.uri,
  });
}
