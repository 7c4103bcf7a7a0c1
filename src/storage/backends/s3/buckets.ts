import { isLodeError, LodeError } from "../../../errors.js";
import type { CallOptions, ContainerInfo } from "../../backend.js";
import { malformedReply } from "./error-map.js";
import type { S3Sender } from "./request.js";
import { sha256Hex } from "./sigv4.js";
import { TokenGuard } from "./token-guard.js";
import { child, childrenOf, childText, escapeXml } from "./xml.js";
import { readXmlReply } from "./xml-reply.js";

/**
 * CreateBucket in the configured region. Throws `already-exists` also for a bucket of one's own,
 * which some regions and servers would pass over in silence.
 */
export async function createBucket(sender: S3Sender, options: CallOptions = {}): Promise<void> {
  if (await bucketExists(sender, options)) {
    throw new LodeError({
      code: "already-exists",
      message: `create container ${sender.uriOf(undefined)} failed: the bucket exists`,
      operation: "create container",
      uri: sender.uriOf(undefined),
    });
  }
  const { region } = sender;
  const constrained = region !== "us-east-1" && region !== "auto";
  try {
    await putBucket(sender, constrained ? region : undefined, options);
  } catch (error) {
    // Servers other than AWS have places of their own and know none by the name of a region.
    const misplaced =
      isLodeError(error) && /LocationConstraint/.test(String(error.details.providerCode));
    if (!misplaced || !constrained || sender.config.endpoint === undefined) throw error;
    await putBucket(sender, undefined, options);
  }
}

async function bucketExists(sender: S3Sender, options: CallOptions): Promise<boolean> {
  try {
    const response = await sender.send({
      operation: "create container",
      method: "HEAD",
      signal: options.signal,
    });
    await response.body.discard();
    return true;
  } catch (error) {
    // 403 may be somebody else's: creating it tells.
    if (isLodeError(error, "not-found", "permission-denied")) return false;
    throw error;
  }
}

async function putBucket(
  sender: S3Sender,
  location: string | undefined,
  options: CallOptions,
): Promise<void> {
  const body =
    location === undefined
      ? undefined
      : Buffer.from(
          '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
            `<LocationConstraint>${escapeXml(location)}</LocationConstraint>` +
            "</CreateBucketConfiguration>",
        );
  const response = await sender.send({
    operation: "create container",
    method: "PUT",
    body,
    payloadHash: body && sha256Hex(body),
    signal: options.signal,
  });
  await response.body.discard();
}

/** DeleteBucket; the bucket must be empty. */
export async function deleteBucket(sender: S3Sender, options: CallOptions = {}): Promise<void> {
  const response = await sender.send({
    operation: "delete container",
    method: "DELETE",
    signal: options.signal,
  });
  await response.body.discard();
}

/** ListBuckets of the account. */
export async function* listBuckets(
  sender: S3Sender,
  options: CallOptions = {},
): AsyncGenerator<ContainerInfo, void, undefined> {
  const operation = "list containers";
  const uri = "s3://";
  const guard = new TokenGuard(operation, uri);
  let token: string | undefined;
  do {
    const response = await sender.send({
      operation,
      method: "GET",
      service: true,
      query: token === undefined ? [] : [["continuation-token", token]],
      signal: options.signal,
    });
    const root = await readXmlReply(response, "ListAllMyBucketsResult", operation, uri);
    const buckets = child(root, "Buckets");
    for (const bucket of buckets === undefined ? [] : childrenOf(buckets, "Bucket")) {
      const name = childText(bucket, "Name");
      if (!name) throw malformedReply(operation, uri, "a bucket has no name");
      const createdAt = new Date(childText(bucket, "CreationDate") ?? "");
      yield Number.isNaN(createdAt.getTime()) ? { name } : { name, createdAt };
    }
    token = childText(root, "ContinuationToken") || undefined;
    guard.check(token !== undefined, token);
  } while (token !== undefined);
}
