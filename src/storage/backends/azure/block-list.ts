import { isLodeError } from "../../../errors.js";
import type { CallOptions, UploadedPart } from "../../backend.js";
import { parseBlockId } from "./block-id.js";
import type { AzureConnection } from "./connection.js";

/** An unfinished upload as the blob's uncommitted blocks tell of it. */
export interface StagedUpload {
  readonly id: string;
  readonly aborted: boolean;
  /** By number. Of a number that was sent with two contents it cannot tell which counts: left out. */
  readonly parts: ReadonlyMap<number, UploadedPart>;
}

/** Uploads of ours to one key, by id; none if the blob or the container is missing. */
export async function stagedUploads(
  azure: AzureConnection,
  operation: string,
  key: string,
  options: CallOptions | undefined,
): Promise<Map<string, StagedUpload>> {
  const blob = azure.blob(key);
  const uploads = new Map<
    string,
    { id: string; aborted: boolean; parts: Map<number, UploadedPart>; doubtful: Set<number> }
  >();
  const blocks = await azure
    .call(operation, key, options, (abortSignal) =>
      blob.getBlockList("uncommitted", { abortSignal }),
    )
    .catch((error: unknown) => {
      if (isLodeError(error, "not-found")) return { uncommittedBlocks: [] };
      throw error;
    });
  for (const block of blocks.uncommittedBlocks ?? []) {
    const id = parseBlockId(block.name);
    if (id === undefined) continue;
    let upload = uploads.get(id.upload);
    if (upload === undefined) {
      upload = { id: id.upload, aborted: false, parts: new Map(), doubtful: new Set() };
      uploads.set(id.upload, upload);
    }
    if (id.marker === "aborted-") upload.aborted = true;
    if (id.marker !== undefined) continue;
    if (upload.parts.has(id.number)) upload.doubtful.add(id.number);
    upload.parts.set(id.number, {
      number: id.number,
      size: block.size,
      etag: block.name,
      crc32c: id.crc32c,
    });
  }
  for (const upload of uploads.values()) {
    for (const number of upload.doubtful) upload.parts.delete(number);
  }
  return uploads;
}
