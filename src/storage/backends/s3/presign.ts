import { LodeError } from "../../../errors.js";
import type { PresignOptions } from "../../backend.js";
import type { S3Sender } from "./request.js";
import { SigV4Signer } from "./sigv4.js";
import { encodeKey } from "./uri-encoding.js";

/** Seven days: AWS's longest. */
const MAX_SECONDS = 604_800;

/**
 * A URL by which anyone may do one thing with one object for a while. It is a secret.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function presignUrl(
  sender: S3Sender,
  key: string,
  options: PresignOptions = {},
): Promise<string> {
  const expiresIn = options.expiresIn ?? 3600;
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > MAX_SECONDS) {
    throw new LodeError({
      code: "invalid-argument",
      message: `a URL cannot be presigned for ${expiresIn} seconds: give 1 to ${MAX_SECONDS}`,
    });
  }
  if (sender.config.bucket === undefined) {
    throw new LodeError({ code: "invalid-argument", message: "presign needs a bucket" });
  }
  const { origin, hostHeader, pathPrefix } = sender.bucketAddress;
  const path = pathPrefix + encodeKey(key);
  const url = `${origin.protocol}//${hostHeader}${path}`;
  const credentials = await sender.config.credentials.get();
  if (credentials === undefined) return url;
  const query = new SigV4Signer().presign(
    { method: options.method ?? "GET", path, headers: [["host", hostHeader]] },
    [],
    credentials,
    sender.region,
    sender.now(),
    expiresIn,
  );
  return `${url}?${query}`;
}
