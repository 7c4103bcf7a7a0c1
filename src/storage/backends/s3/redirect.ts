import { LodeError } from "../../../errors.js";
import { hostHeaderOf, isAwsHost, parseEndpoint, type S3Address } from "./endpoint.js";

/**
 * Where a `Location` leads, or undefined if credentials must not go there: to another domain, or from
 * https to http. AWS's own hosts count as one domain.
 */
export function redirectedAddress(
  location: string,
  from: S3Address,
  bucket: string | undefined,
): S3Address | undefined {
  const url = targetOf(location, from);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const sameDomain =
    url.hostname.replace(/^\[|\]$/g, "") === from.origin.host ||
    (isAwsHost(url.hostname) && isAwsHost(from.origin.host));
  const downgrade = from.origin.protocol === "https:" && url.protocol !== "https:";
  if (!sameDomain || downgrade) return undefined;
  const { origin } = parseEndpoint(url.origin);
  const bucketInHost = bucket !== undefined && origin.host.startsWith(`${bucket}.`);
  return {
    origin,
    hostHeader: hostHeaderOf(origin),
    pathPrefix: bucketInHost ? "/" : from.pathPrefix,
  };
}

/** The error for a redirect that is not followed. */
export function foreignRedirect(
  location: string,
  from: S3Address,
  operation: string,
  uri: string,
): LodeError {
  return new LodeError({
    code: "invalid-config",
    message:
      `${operation} ${uri} failed: the server redirects to ` +
      `${targetOf(location, from)?.origin ?? "nowhere"}, where credentials of ${from.hostHeader} ` +
      "must not go; set the endpoint to the right server",
    operation,
    uri,
  });
}

function targetOf(location: string, from: S3Address): URL | undefined {
  if (!URL.canParse(location, "http://relative.invalid")) return undefined;
  return new URL(location, `${from.origin.protocol}//${hostHeaderOf(from.origin)}`);
}
