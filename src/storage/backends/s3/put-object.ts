import { isLodeError } from "../../../errors.js";
import type { PutBody, PutOptions, WriteMode, WriteResult } from "../../backend.js";
import type { ChecksumPolicy } from "./checksum-policy.js";
import { malformedReply } from "./error-map.js";
import { attributeHeaders, modeHeaders, unquoteEtag } from "./object-meta.js";
import { digestPayload, signsPayload } from "./payload.js";
import type { S3Sender } from "./request.js";

/** PutObject: atomic, checked by the server where it can. */
export async function putObject(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  key: string,
  body: PutBody,
  options: PutOptions = {},
): Promise<WriteResult> {
  const uri = sender.uriOf(key);
  const sha256 = signsPayload(sender.config.payloadSigning, sender.plainText);
  const digests = await digestPayload(
    body,
    { sha256, crc32c: options.crc32c ?? checksums.active },
    options.signal,
  );
  const response = await checksums.run(() =>
    withModeErrors("put", uri, options.mode, () =>
      sender.send({
        operation: "put",
        method: "PUT",
        key,
        headers: [
          ...attributeHeaders(options),
          ...modeHeaders(options.mode),
          ...checksums.headers(digests.crc32c),
        ],
        body,
        payloadHash: digests.payloadHash,
        signal: options.signal,
      }),
    ),
  );
  await response.body.discard();
  checksums.confirm(digests.crc32c, response.headers.get("x-amz-checksum-crc32c"), `${uri}`);
  const etag = unquoteEtag(response.headers.get("etag") ?? "");
  if (etag === "") throw malformedReply("put", uri, "it tells no etag");
  const versionId = response.headers.get("x-amz-version-id");
  return {
    etag,
    size: body.length,
    ...(digests.crc32c === undefined ? {} : { crc32c: digests.crc32c }),
    ...(versionId === undefined ? {} : { versionId }),
  };
}

/**
 * Gives refusals of a conditional write their meaning: 412 of `create` is `already-exists`, and a
 * missing object is `precondition-failed` for `ifMatch`. 409 means that another write is under way.
 */
export async function withModeErrors<T>(
  operation: string,
  uri: string,
  mode: WriteMode | undefined,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isLodeError(error)) throw error;
    const { status, providerCode } = error.details;
    if (mode === "create" && status === 412) {
      throw error.with({
        code: "already-exists",
        message: `${operation} ${uri} failed: the object exists and mode is create`,
      });
    }
    if (typeof mode === "object" && status === 404 && providerCode === "NoSuchKey") {
      throw error.with({
        code: "precondition-failed",
        message: `${operation} ${uri} failed: there is no object with this etag`,
      });
    }
    throw error;
  }
}
