import { createHash } from "node:crypto";
import { abortable, crc32c } from "../../../core/index.js";
import { LodeError } from "../../../errors.js";
import type { PutBody, PutOptions, WriteOptions, WriteResult } from "../../backend.js";
import { newPutId, partBlockId } from "./block-id.js";
import type { AzureConnection } from "./connection.js";
import { lostBlocksError } from "./lost-blocks.js";
import { encodeMetadata } from "./metadata.js";
import { bareEtag, writeConditions, writeHeaders } from "./object-meta.js";
import { sliceBody } from "./slice-body.js";

/** Memory that a streamed body takes; a shorter one goes in one request. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/**
 * One atomic write. Azure checks each request's MD5; the CRC-32C is checked here before the blob is
 * published and kept in its metadata. A streamed body is read once and staged as blocks.
 */
export async function putBlob(
  azure: AzureConnection,
  key: string,
  body: PutBody,
  options: PutOptions = {},
): Promise<WriteResult> {
  if (body instanceof Uint8Array) return upload(azure, key, body, options);
  const chunks = abortable(body.stream(), options.signal, "put");
  const slices = sliceBody(chunks, BLOCK_BYTES);
  if (body.length > BLOCK_BYTES) return stage(azure, key, slices, body.length, options);
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const slice of slices) {
    total += slice.length;
    checkLength(azure, key, total, body.length, false);
    parts.push(slice);
  }
  checkLength(azure, key, total, body.length, true);
  return upload(azure, key, parts[0] ?? new Uint8Array(0), options);
}

async function upload(
  azure: AzureConnection,
  key: string,
  bytes: Uint8Array,
  options: PutOptions,
): Promise<WriteResult> {
  const blob = azure.blob(key);
  const sum = crc32c(bytes);
  checkSum(azure, key, sum, options.crc32c);
  const request = {
    ...writeHeaders(options),
    metadata: encodeMetadata(options.metadata, sum),
    conditions: writeConditions(options.mode),
    transactionalContentMD5: md5(bytes),
  };
  const answer = await azure.call(
    "put",
    key,
    options,
    (abortSignal) => blob.upload(asBuffer(bytes), bytes.length, { ...request, abortSignal }),
    bytes.length,
  );
  return writeResult(answer, bytes.length, sum);
}

async function stage(
  azure: AzureConnection,
  key: string,
  slices: AsyncIterable<Uint8Array>,
  length: number,
  options: PutOptions,
): Promise<WriteResult> {
  const id = newPutId(Date.now());
  const blockIds: string[] = [];
  let total = 0;
  let sum = 0;
  for await (const slice of slices) {
    total += slice.length;
    checkLength(azure, key, total, length, false);
    sum = crc32c(slice, sum);
    const blockId = partBlockId(id, blockIds.length + 1, crc32c(slice));
    await stageBlock(azure, "put", key, blockId, slice, options);
    blockIds.push(blockId);
  }
  checkLength(azure, key, total, length, true);
  checkSum(azure, key, sum, options.crc32c);
  try {
    return await commitBlocks(azure, "put", key, { blockIds, size: total, crc32c: sum }, options);
  } catch (error) {
    throw await lostBlocksError(azure, "put", key, error, options);
  }
}

/** Sends one block; Azure checks its MD5. */
export async function stageBlock(
  azure: AzureConnection,
  operation: string,
  key: string,
  blockId: string,
  bytes: Uint8Array,
  options: Pick<WriteOptions, "signal"> | undefined,
): Promise<void> {
  const blob = azure.blob(key);
  await azure.call(
    operation,
    key,
    { signal: options?.signal },
    (abortSignal) =>
      blob.stageBlock(blockId, asBuffer(bytes), bytes.length, {
        abortSignal,
        transactionalContentMD5: md5(bytes),
      }),
    bytes.length,
  );
}

/** Publishes staged blocks as the whole blob; all other unfinished blocks of the key are dropped. */
export async function commitBlocks(
  azure: AzureConnection,
  operation: string,
  key: string,
  content: {
    readonly blockIds: string[];
    readonly size: number;
    readonly crc32c: number | undefined;
  },
  options: WriteOptions,
): Promise<WriteResult> {
  const blob = azure.blob(key);
  const request = {
    ...writeHeaders(options),
    metadata: encodeMetadata(options.metadata, content.crc32c),
    conditions: writeConditions(options.mode),
  };
  const answer = await azure.call(operation, key, options, (abortSignal) =>
    blob.commitBlockList(content.blockIds, { ...request, abortSignal }),
  );
  return writeResult(answer, content.size, content.crc32c);
}

function writeResult(
  answer: { readonly etag?: string | undefined; readonly versionId?: string | undefined },
  size: number,
  sum: number | undefined,
): WriteResult {
  return { etag: bareEtag(answer.etag), size, crc32c: sum, versionId: answer.versionId };
}

function checkLength(
  azure: AzureConnection,
  key: string,
  total: number,
  expected: number,
  ended: boolean,
): void {
  if (total === expected || (!ended && total < expected)) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `put ${azure.uriOf(key)} failed: the body has ${ended ? "" : "more than "}${
      ended ? total : expected
    } bytes, announced were ${expected}`,
    operation: "put",
    uri: azure.uriOf(key),
  });
}

function checkSum(
  azure: AzureConnection,
  key: string,
  sum: number,
  expected: number | undefined,
): void {
  if (expected === undefined || expected === sum) return;
  throw new LodeError({
    code: "integrity",
    message: `put ${azure.uriOf(key)} failed: the body's CRC32C differs from the announced one`,
    operation: "put",
    uri: azure.uriOf(key),
  });
}

function md5(bytes: Uint8Array): Uint8Array {
  return createHash("md5").update(bytes).digest();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
