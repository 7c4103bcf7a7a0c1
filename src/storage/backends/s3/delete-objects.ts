import { createHash } from "node:crypto";
import { isLodeError, type LodeError } from "../../../errors.js";
import type { CallOptions, DeleteResult } from "../../backend.js";
import { malformedReply, s3Error } from "./error-map.js";
import { readText, type S3Sender } from "./request.js";
import { sha256Hex } from "./sigv4.js";
import { canBeXml, childrenOf, childText, escapeXml, parseXml, XmlError } from "./xml.js";

/** DeleteObjects takes up to this many keys. */
export const DELETE_BATCH = 1000;

/**
 * Deletes by DeleteObjects; keys that XML cannot carry, and a single key, by DeleteObject. One
 * result a key, in order. Throws only if a whole request fails.
 */
export async function deleteObjects(
  sender: S3Sender,
  keys: readonly string[],
  options: CallOptions = {},
): Promise<DeleteResult[]> {
  const errors = new Map<string, LodeError>();
  const batched = keys.length === 1 ? [] : [...new Set(keys.filter(canBeXml))];
  const single = keys.length === 1 ? keys : [...new Set(keys.filter((key) => !canBeXml(key)))];
  for (let at = 0; at < batched.length; at += DELETE_BATCH) {
    await deleteBatch(sender, batched.slice(at, at + DELETE_BATCH), errors, options);
  }
  for (const key of single) await deleteOne(sender, key, errors, options);
  return keys.map((key) => {
    const error = errors.get(key);
    return error === undefined ? { key } : { key, error };
  });
}

async function deleteOne(
  sender: S3Sender,
  key: string,
  errors: Map<string, LodeError>,
  options: CallOptions,
): Promise<void> {
  try {
    const response = await sender.send({
      operation: "delete",
      method: "DELETE",
      key,
      signal: options.signal,
    });
    await response.body.discard();
  } catch (error) {
    if (!isLodeError(error)) throw error;
    // AWS answers 204 for a missing object, others 404.
    if (error.details.providerCode === "NoSuchKey") return;
    if (error.details.status === undefined || isAboutTheBucket(error)) throw error;
    errors.set(key, error);
  }
}

/** Failures that concern every key alike end the call. */
function isAboutTheBucket(error: LodeError): boolean {
  return error.details.providerCode === "NoSuchBucket" || error.code === "unauthenticated";
}

async function deleteBatch(
  sender: S3Sender,
  keys: readonly string[],
  errors: Map<string, LodeError>,
  options: CallOptions,
): Promise<void> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join("");
  const body = Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      // Quiet: only failures are told, and a key that no server garbles needs no echo.
      `<Quiet>true</Quiet>${objects}</Delete>`,
  );
  const response = await sender.send({
    operation: "delete",
    method: "POST",
    query: [["delete", ""]],
    // Every server demands this one; CRC32C in its place is known to newer ones only.
    headers: [
      ["content-md5", createHash("md5").update(body).digest("base64")],
      ["content-type", "application/xml"],
    ],
    body,
    payloadHash: sha256Hex(body),
    signal: options.signal,
  });
  const uri = sender.uriOf(undefined);
  const reply = await readText(response, "delete", uri);
  const known = new Set(keys);
  for (const failure of readFailures(reply, uri)) {
    if (failure.code === "NoSuchKey") continue;
    if (!known.has(failure.key)) {
      throw malformedReply("delete", uri, "it tells of a key that was not asked for");
    }
    errors.set(
      failure.key,
      s3Error(
        {
          status: response.status,
          providerCode: failure.code,
          providerMessage: failure.message,
          requestId: response.headers.get("x-amz-request-id"),
        },
        "delete",
        sender.uriOf(failure.key),
      ),
    );
  }
}

interface KeyFailure {
  readonly key: string;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

function readFailures(reply: string, uri: string): KeyFailure[] {
  try {
    const root = parseXml(reply);
    if (root.name === "Error") {
      const code = childText(root, "Code");
      throw s3Error(
        { status: 200, providerCode: code, providerMessage: childText(root, "Message") },
        "delete",
        uri,
      );
    }
    if (root.name !== "DeleteResult") {
      throw malformedReply("delete", uri, `a <${root.name}> where results were awaited`);
    }
    return childrenOf(root, "Error").map((error) => ({
      key: childText(error, "Key") ?? "",
      code: childText(error, "Code"),
      message: childText(error, "Message"),
    }));
  } catch (error) {
    if (error instanceof XmlError) throw malformedReply("delete", uri, error.message);
    throw error;
  }
}
